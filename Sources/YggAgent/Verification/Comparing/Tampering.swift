/// Tests that a diff takes away, or keeps from being run: what makes a suite green without anything being right.
///
/// It is read from the text of the diff, because a test that is gone fails no more, and not every runner names what it
/// runs. What a person means to remove he can remove himself.
struct Tampering: Sendable, Hashable {
    /// For the model and for a person.
    var sentence: String
    /// The name of a test that was removed.
    var test: String?

    /// - Parameter diff: a unified diff, as git writes it.
    static func find(in diff: String) -> [Tampering] {
        var found: [Tampering] = []
        var removed: [(name: String, file: String)] = []
        var added: Set<String> = []
        for file in DiffFile.all(in: diff) {
            let isTest = TestFiles.isTest(file.path) || file.path.hasSuffix(".rs")
            if isTest {
                removed += file.removed.compactMap { testName($0, in: file.path) }.map { ($0, file.path) }
                added.formUnion(file.added.compactMap { testName($0, in: file.path) })
            }
            let before = Set(file.removed.map(trimmed))
            for line in file.added where !before.contains(trimmed(line)) {
                // A file that was not there takes nothing away by what it skips, unless it speaks for others.
                guard
                    let mark = isTest
                        ? file.isNew ? nil : mark(in: line, of: file.path)
                        : configurationMark(in: line, of: file.path, isNew: file.isNew)
                else { continue }
                let shown = VisibleText.cut(VisibleText.clean(trimmed(line)), to: 120)
                found.append(Tampering(sentence: "\(file.path) \(mark): \(shown)", test: nil))
            }
        }
        for (name, file) in removed where !added.contains(name) {
            found.append(
                Tampering(
                    sentence: "The test \(VisibleText.cut(VisibleText.clean(name), to: 120)) of \(file) was removed.",
                    test: name
                )
            )
        }
        return found
    }

    private static func trimmed(_ line: Substring) -> String {
        String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    // MARK: - Tests by name

    /// The test that begins on this line.
    private static func testName(_ line: Substring, in path: String) -> String? {
        let text = line.drop(while: \.isWhitespace)
        switch path.split(separator: ".").last {
        case "py":
            for head in ["def test", "async def test"] where text.hasPrefix(head) {
                return "test" + text.dropFirst(head.count).prefix(while: isNameCharacter)
            }
        case "swift":
            if let name = word(after: "func ", in: text), name.hasPrefix("test") || text.contains("@Test") {
                return name
            }
            if text.hasPrefix("@Test(\"") { return quoted(text.dropFirst("@Test(".count)) }
        case "go": if text.hasPrefix("func Test") { return word(after: "func ", in: text) }
        case "js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx":
            for head in ["it(", "test(", "it.only(", "test.only(", "it.each", "test.each"] where text.hasPrefix(head) {
                return quoted(text.drop { $0 != "(" }.dropFirst())
            }
        case "java", "kt":
            return text.contains("void test") ? word(after: "void ", in: text) : nil
        default: break
        }
        return nil
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static func word(after head: String, in text: Substring) -> String? {
        guard let place = text.firstRange(of: head) else { return nil }
        let rest = text[place.upperBound...]
        let name = rest.first == "`" ? rest.dropFirst().prefix { $0 != "`" } : rest.prefix(while: isNameCharacter)
        return name.isEmpty ? nil : String(name)
    }

    private static func quoted(_ text: Substring) -> String? {
        guard let mark = text.first, "\"'`".contains(mark) else { return nil }
        return String(text.dropFirst().prefix { $0 != mark })
    }

    // MARK: - What keeps tests from being run

    private static func mark(in line: Substring, of path: String) -> String? {
        let text = trimmed(line)
        let marks: [String]
        switch path.split(separator: ".").last {
        case "py":
            marks = [
                "@pytest.mark.skip", "@pytest.mark.xfail", "@unittest.skip", "@unittest.expectedFailure", "@skip(",
                "@skipIf(", "pytest.skip(", "pytest.xfail(", "self.skipTest(", "raise SkipTest", "unittest.SkipTest",
                "pytestmark = pytest.mark.skip", "collect_ignore", "__test__ = False",
            ]
        case "swift": marks = [".disabled(", "XCTSkip", "withKnownIssue"]
        case "go": marks = [".Skip(", ".SkipNow(", ".Skipf("]
        case "rs": marks = ["#[ignore"]
        case "java", "kt": marks = ["@Disabled", "@Ignore"]
        case "rb": marks = ["skip ", "pending ", "xit ", "xdescribe "]
        default:
            marks = [
                ".skip(", ".only(", ".todo(", "xit(", "xtest(", "xdescribe(", "fit(", "fdescribe(", "skip: true",
                "todo: true", "only: true", "this.skip()", "t.skip()",
            ]
        }
        return marks.contains { text.contains($0) } ? "keeps tests from being run" : nil
    }

    private static func configurationMark(in line: Substring, of path: String, isNew: Bool) -> String? {
        let text = trimmed(line)
        if isNew {
            let isPython = ["conftest.py", "pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"].contains {
                path.split(separator: "/").last ?? "" == $0
            }
            return isPython && ["collect_ignore", "--ignore", "--deselect"].contains { text.contains($0) }
                ? "keeps tests from being run" : nil
        }
        switch path.split(separator: "/").last ?? "" {
        case "conftest.py":
            return text.contains("collect_ignore") || text.contains("pytest.mark.skip")
                ? "keeps tests from being run" : nil
        case "pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini":
            return ["--ignore", "--deselect", "norecursedirs", "testpaths", "python_files"].contains {
                text.contains($0)
            }
                ? "changes which tests are run" : nil
        case "package.json": return text.hasPrefix("\"test\":") ? "changes what npm test runs" : nil
        case "Makefile", "makefile", "GNUmakefile":
            return text.hasPrefix("test:") || text.hasPrefix("check:") ? "changes what make test runs" : nil
        default: return nil
        }
    }
}

/// One file of a unified diff: its path, and the lines that came and went.
struct DiffFile: Sendable, Hashable {
    var path: String
    var isNew = false
    var added: [Substring] = []
    var removed: [Substring] = []

    static func all(in diff: String) -> [DiffFile] {
        var files: [DiffFile] = []
        // Inside a hunk every line has one of three first letters, so a removed "-- x" is no header.
        var old = 0
        var new = 0
        for line in diff.split(separator: "\n", omittingEmptySubsequences: false) {
            if old > 0 || new > 0 {
                switch line.first {
                case "+":
                    new -= 1
                    files[files.count - 1].added.append(line.dropFirst())
                case "-":
                    old -= 1
                    files[files.count - 1].removed.append(line.dropFirst())
                case "\\": break
                default:
                    old -= 1
                    new -= 1
                }
            } else if line.hasPrefix("diff --git ") {
                files.append(DiffFile(path: path(of: line)))
            } else if line.hasPrefix("new file mode "), !files.isEmpty {
                files[files.count - 1].isNew = true
            } else if line.hasPrefix("+++ b/") || line.hasPrefix("--- a/"), !files.isEmpty {
                files[files.count - 1].path = String(line.dropFirst("+++ b/".count).prefix { $0 != "\t" })
            } else if line.hasPrefix("@@ "), !files.isEmpty {
                let parts = line.split(separator: " ")
                guard parts.count > 2 else { continue }
                old = count(parts[1])
                new = count(parts[2])
            }
        }
        return files
    }

    /// `a/x b/x`: of a file without lines, such as an empty one.
    private static func path(of line: Substring) -> String {
        line.firstRange(of: " b/").map { String(line[$0.upperBound...]) } ?? ""
    }

    /// `-12,3` is three lines, `+12` is one.
    private static func count(_ range: Substring) -> Int {
        let parts = range.split(separator: ",")
        return parts.count > 1 ? Int(parts[1]) ?? 0 : 1
    }
}
