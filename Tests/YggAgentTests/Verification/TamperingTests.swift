import Testing

@testable import YggAgent

struct TamperingTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var path: String
        /// Lines of a hunk.
        var hunk: [String]
        var isNew = false
        var found: Bool
        var testDescription: String { name }
    }

    private static func diff(_ sample: Sample) -> String {
        let added = sample.hunk.filter { !$0.hasPrefix("-") }.count
        let removed = sample.hunk.filter { !$0.hasPrefix("+") }.count
        return """
            diff --git a/\(sample.path) b/\(sample.path)
            \(sample.isNew ? "new file mode 100644\n--- /dev/null" : "--- a/\(sample.path)")
            +++ b/\(sample.path)
            @@ -1,\(removed) +1,\(added) @@
            \(sample.hunk.joined(separator: "\n"))

            """
    }

    @Test(arguments: [
        Sample(
            name: "removed",
            path: "tests/test_a.py",
            hunk: ["-def test_x():", "-    assert f() == 1"],
            found: true
        ),
        Sample(name: "removed, asynchronous", path: "test_a.py", hunk: ["-async def test_x():"], found: true),
        Sample(
            name: "body changed",
            path: "test_a.py",
            hunk: [" def test_x():", "-    assert f() == 1", "+    assert f() == 2"],
            found: false
        ),
        Sample(
            name: "moved within",
            path: "test_a.py",
            hunk: ["-def test_x():", "+class T:", "+    def test_x(self):"],
            found: false
        ),
        Sample(name: "renamed", path: "test_a.py", hunk: ["-def test_x():", "+def x_test():"], found: true),
        Sample(
            name: "skip mark",
            path: "test_a.py",
            hunk: ["+@pytest.mark.skip(reason=\"later\")", " def test_x():"],
            found: true
        ),
        Sample(name: "xfail", path: "test_a.py", hunk: ["+@pytest.mark.xfail"], found: true),
        Sample(name: "skip call", path: "test_a.py", hunk: ["+    pytest.skip('later')"], found: true),
        Sample(
            name: "a skip that was there",
            path: "test_a.py",
            hunk: ["-    @unittest.skip('a')", "+@unittest.skip('a')"],
            found: false
        ),
        Sample(name: "skip in a new file", path: "test_b.py", hunk: ["+@pytest.mark.skip"], isNew: true, found: false),
        Sample(name: "skip that is no test's", path: "app/menu.py", hunk: ["+    pytest.skip('later')"], found: false),
        Sample(name: "collect_ignore", path: "conftest.py", hunk: ["+collect_ignore = ['test_a.py']"], found: true),
        Sample(
            name: "collect_ignore, new",
            path: "conftest.py",
            hunk: ["+collect_ignore = ['a']"],
            isNew: true,
            found: true
        ),
        Sample(name: "deselect", path: "pytest.ini", hunk: ["+addopts = --deselect test_a.py::test_x"], found: true),
        Sample(
            name: "new settings",
            path: "pyproject.toml",
            hunk: ["+testpaths = ['tests']"],
            isNew: true,
            found: false
        ),
        Sample(
            name: "it.skip",
            path: "a.test.js",
            hunk: ["-it('adds', () => {", "+it.skip('adds', () => {"],
            found: true
        ),
        Sample(name: "only", path: "test/a.js", hunk: ["+describe.only('x', () => {"], found: true),
        Sample(name: "xit", path: "a.spec.ts", hunk: ["+xit('x', () => {"], found: true),
        Sample(
            name: "script",
            path: "package.json",
            hunk: ["-    \"test\": \"jest\",", "+    \"test\": \"exit 0\","],
            found: true
        ),
        Sample(name: "another script", path: "package.json", hunk: ["+    \"build\": \"tsc\","], found: false),
        Sample(
            name: "disabled",
            path: "Tests/ATests/ATests.swift",
            hunk: ["+@Test(.disabled(\"flaky\")) func a() {}"],
            found: true
        ),
        Sample(name: "a button", path: "Sources/A/View.swift", hunk: ["+    Button(x).disabled(true)"], found: false),
        Sample(
            name: "swift removed",
            path: "Tests/A/ATests.swift",
            hunk: ["-    @Test func `adds`() {", "-    func testB() {"],
            found: true
        ),
        Sample(name: "ignore", path: "src/lib.rs", hunk: ["+    #[ignore]"], found: true),
        Sample(name: "go skip", path: "a_test.go", hunk: ["+\tt.Skip(\"later\")"], found: true),
        Sample(name: "go removed", path: "a_test.go", hunk: ["-func TestA(t *testing.T) {"], found: true),
        Sample(name: "makefile", path: "Makefile", hunk: ["-test:", "+test: ; true"], found: true),
        Sample(
            name: "a line that looks like a header",
            path: "test_a.py",
            hunk: ["--- a/x", "+++ b/test_x.py", " x"],
            found: false
        ),
    ])
    func `tests that are taken away are seen in the diff`(sample: Sample) {
        let found = Tampering.find(in: Self.diff(sample))
        #expect(!found.isEmpty == sample.found, "\(found.map(\.sentence))")
    }

    @Test func `a test that goes to another file is not gone`() {
        let gone = Sample(name: "", path: "test_a.py", hunk: ["-def test_x():", "-    pass"], found: false)
        let come = Sample(
            name: "",
            path: "test_b.py",
            hunk: ["+def test_x():", "+    pass"],
            isNew: true,
            found: false
        )
        #expect(Tampering.find(in: Self.diff(gone) + Self.diff(come)).isEmpty)
        #expect(Tampering.find(in: Self.diff(gone)).map(\.test) == ["test_x"])
    }
}
