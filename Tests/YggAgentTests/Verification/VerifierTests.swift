import FoundationEssentials
import Glibc
import Testing
import YggCore
import YggProcess

@testable import YggAgent

/// Verification over real repositories, with the real tools of their languages.
@Suite(.timeLimit(.minutes(5)))
struct VerifierTests {
    static let python = [
        "calc.py": "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a + b\n",
        "tests/__init__.py": "",
        "tests/test_calc.py": """
        import unittest
        from calc import add, sub


        class CalcTests(unittest.TestCase):
            def test_add(self):
                self.assertEqual(add(2, 3), 5)

            def test_sub(self):
                self.assertEqual(sub(5, 3), 2)

            def test_types(self):
                self.assertIsInstance(add(1, 1), int)

        """,
    ]

    static let unittest = ["python3", "-m", "unittest", "discover", "-v"]
    static let prefix = "tests.test_calc.CalcTests"

    // MARK: - Python

    @Test func `a repair is verified, and what it repaired is named`() async throws {
        let yard = try await Yard(Self.python)
        let verifier = await yard.verifier(test: Self.unittest)
        let base = try await verifier.base()
        #expect(base.map(\.failures).last == ["\(Self.prefix).test_sub"])
        #expect(base.last?.tests == TestSummary(passed: 2, failed: 1, skipped: 0))
        let untouched = try await verifier.check()
        #expect(untouched.worth == .verified && untouched.fixed.isEmpty && untouched.feedback.isEmpty)

        try yard.put("def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n", at: "calc.py")
        let verdict = try await verifier.check()
        #expect(verdict.worth == .verified && verdict.newFailures == 0)
        #expect(verdict.fixed == ["\(Self.prefix).test_sub"])
        #expect(verdict.steps.last?.exitCode == 0)
    }

    @Test func `what breaks is told with the lines that help`() async throws {
        let yard = try await Yard(Self.python)
        let verifier = await yard.verifier(test: Self.unittest)
        _ = try await verifier.base()
        try yard.put("def add(a, b):\n    return a * b\n\n\ndef sub(a, b):\n    return a + b\n", at: "calc.py")
        let verdict = try await verifier.check()
        #expect(verdict.worth == .broken && verdict.newFailures == 1)
        #expect(verdict.feedback.contains("\(Self.prefix).test_add"))
        #expect(verdict.feedback.contains("6 != 5"), "\(verdict.feedback)")
        #expect(!verdict.feedback.contains("test_sub") && verdict.feedback.utf8.count <= 2500)

        try yard.put("def add(a, b:\n", at: "calc.py")
        let unreadable = try await verifier.check()
        #expect(unreadable.worth == .broken && unreadable.feedback.contains("SyntaxError"), "\(unreadable.feedback)")
    }

    @Test(arguments: [
        ("    def test_add(self):\n        self.assertEqual(add(2, 3), 5)\n\n", "", "does not run any more"),
        ("    def test_add", "    @unittest.skip('later')\n    def test_add", "keeps tests from being run"),
        ("    def test_add", "    def not_a_test_add", "does not run any more"),
    ])
    func `a test that is taken away breaks the work`(old: String, new: String, said: String) async throws {
        let yard = try await Yard(Self.python)
        let verifier = await yard.verifier(test: Self.unittest)
        _ = try await verifier.base()
        let text = try #require(yard.text("tests/test_calc.py"))
        #expect(text.contains(old))
        try yard.put(text.replacing(old, with: new), at: "tests/test_calc.py")
        let verdict = try await verifier.check()
        #expect(verdict.worth == .broken && verdict.newFailures >= 1)
        #expect(
            verdict.feedback.contains(said) && verdict.notes.contains { $0.contains("test") },
            "\(verdict.feedback)"
        )
        #expect(verdict.feedback.contains("Put"))
    }

    @Test func `pytest is found, and its tests are named`() async throws {
        guard await Yard.works(["python3", "-m", "pytest", "--version"]) else { return }
        let yard = try await Yard(Self.python)
        let verifier = await yard.verifier()
        #expect(verifier.plan.steps.last?.argv == ["python3", "-m", "pytest"])
        let base = try await verifier.base()
        #expect(base.last?.failures == ["tests/test_calc.py::CalcTests::test_sub"])
        try yard.put("def add(a, b):\n    return None\n\n\ndef sub(a, b):\n    return a - b\n", at: "calc.py")
        let verdict = try await verifier.check()
        #expect(verdict.newFailures == 2 && verdict.fixed == ["tests/test_calc.py::CalcTests::test_sub"])
        #expect(verdict.feedback.contains("assertEqual") || verdict.feedback.contains("AssertionError"))
        #expect(try await yard.checkpoints.changes(to: yard.checkpoints.save("x")).map(\.path) == ["calc.py"])
    }

    @Test func `a linter is compared by file and rule`() async throws {
        // A linter of the household's own, so that none has to be installed.
        let linter = """
            import sys, pathlib
            bad = 0
            for path in sorted(pathlib.Path('.').glob('*.py')):
                for number, line in enumerate(path.read_text().splitlines(), 1):
                    if line.endswith(' '):
                        print(f'{path}:{number}:1: W291 trailing whitespace')
                        bad = 1
            sys.exit(bad)
            """
        let yard = try await Yard(["lint/lint.py": linter, "a.py": "x = 1 \n", "b.py": "y = 1\n"])
        let verifier = await yard.verifier(lint: ["python3", "lint/lint.py"], for: .lint)
        #expect(try await verifier.base().first { $0.step.goal == .lint }?.failures == ["a.py: W291"])
        try yard.put("# above\nx = 1 \n", at: "a.py")
        #expect(try await verifier.check().worth == .verified)
        try yard.put("x = 1\n", at: "a.py")
        #expect(try await verifier.check().fixed == ["a.py: W291"])
        try yard.put("y = 1 \n", at: "b.py")
        let verdict = try await verifier.check()
        #expect(verdict.worth == .broken && verdict.feedback.contains("b.py:1:1: W291"))
    }

    @Test func `new tests must fail without the work`() async throws {
        let yard = try await Yard(Self.python)
        let verifier = await yard.verifier(test: Self.unittest)
        try yard.put("def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n", at: "calc.py")
        let none = try #require(try await verifier.proveTests())
        // The test that was there and failed is proof, too.
        #expect(none.proving == ["\(Self.prefix).test_sub"] && none.idle.isEmpty && none.isProved)

        let head = "import unittest\nimport calc\n\nclass T(unittest.TestCase):\n"
        try yard.put(
            head + "    def test_idle(self):\n        self.assertEqual(calc.add(1, 1), 2)\n",
            at: "tests/test_new.py"
        )
        let idle = try #require(try await verifier.proveTests())
        #expect(idle.idle == ["tests.test_new.T.test_idle"])

        let text =
            "    def test_new(self):\n        self.assertEqual(calc.sub(9, 1), 8)\n"
            + "    def test_bad(self):\n        self.assertEqual(calc.sub(9, 1), 7)\n"
        try yard.put(head + text, at: "tests/test_new.py")
        let bad = try #require(try await verifier.proveTests())
        #expect(bad.proving.contains("tests.test_new.T.test_new") && bad.failing == ["tests.test_new.T.test_bad"])
        #expect(!bad.isProved && bad.feedback.hasPrefix("New tests fail: tests.test_new.T.test_bad."))
        #expect(yard.text("calc.py")?.contains("a - b") == true && yard.text("tests/test_new.py") == head + text)
    }

    // MARK: - JavaScript and Swift

    @Test func `node's own runner`() async throws {
        try #require(await Yard.works(["node", "--version"]), "node is in scripts/packages.txt")
        let yard = try await Yard([
            "package.json": #"{"name": "calc", "version": "1.0.0", "scripts": {"test": "node --test"}}"#,
            "calc.js": "exports.add = (a, b) => a - b;\nexports.one = () => 1;\n",
            "calc.test.js": """
            const test = require('node:test');
            const assert = require('node:assert');
            const { add, one } = require('./calc.js');
            test('adds', () => assert.strictEqual(add(2, 3), 5));
            test('is one', () => assert.strictEqual(one(), 1));
            """,
        ])
        let verifier = await yard.verifier(test: ["node", "--test"])
        #expect(try await verifier.base().last?.failures == ["adds"])
        try yard.put("exports.add = (a, b) => a + b;\nexports.one = () => 2;\n", at: "calc.js")
        let verdict = try await verifier.check()
        #expect(verdict.worth == .broken && verdict.newFailures == 1 && verdict.fixed == ["adds"])
        #expect(verdict.feedback.contains("is one"))
        try yard.put("exports.add = (a, b) => a + b;\nexports.one = () => 1;\n", at: "calc.js")
        #expect(try await verifier.check().worth == .verified)
        let test = try #require(yard.text("calc.test.js"))
        try yard.put(test.replacing("test('is one'", with: "test.skip('is one'"), at: "calc.test.js")
        #expect(try await verifier.check().worth == .broken)
        // npm comes with node as a rule, and is a package of its own in Debian.
        let found: [String] = await Yard.works(["npm", "--version"]) ? ["npm", "test", "--silent"] : []
        if !found.isEmpty { #expect(await yard.verifier().plan.steps.last?.argv == found) }
    }

    @Test func `a Swift package`() async throws {
        let yard = try await Yard([
            "Package.swift": """
            // swift-tools-version: 6.0
            import PackageDescription
            let package = Package(
                name: "Calc", targets: [.target(name: "Calc"), .testTarget(name: "CalcTests", dependencies: ["Calc"])]
            )
            """,
            "Sources/Calc/Calc.swift": "public func add(_ a: Int, _ b: Int) -> Int { a - b }\n",
            "Tests/CalcTests/CalcTests.swift": """
            import Testing
            import Calc
            @Test func adds() { #expect(add(2, 3) == 5) }
            @Test func isCommutative() { #expect(add(1, 1) == add(1, 1)) }
            """,
        ])
        let verifier = await yard.verifier()
        #expect(verifier.plan.steps.map(\.goal) == [.build, .test])
        #expect(try await verifier.base().last?.failures == ["adds()"])
        try yard.put("public func add(_ a: Int, _ b: Int) -> Int { a + c }\n", at: "Sources/Calc/Calc.swift")
        let broken = try await verifier.check()
        #expect(broken.worth == .broken && broken.steps.count == 1)
        #expect(broken.feedback.contains("Sources/Calc/Calc.swift: cannot find 'c' in scope"), "\(broken.feedback)")
        try yard.put("public func add(_ a: Int, _ b: Int) -> Int { a + b }\n", at: "Sources/Calc/Calc.swift")
        let verdict = try await verifier.check()
        #expect(verdict.worth == .verified && verdict.fixed == ["adds()"])
        #expect(
            try await yard.checkpoints.changes(to: yard.checkpoints.save("x")).map(\.path) == [
                "Sources/Calc/Calc.swift"
            ]
        )
    }

    // MARK: - The base

    @Test func `the base is checked once for a tree, commands and protections`() async throws {
        let yard = try await Yard(Self.python)
        let cache = "\(yard.base)/bases"
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        let count = ["sh", "-c", "echo x >> \(yard.base)/runs; exec python3 -m unittest -v"]
        let first = try await yard.verifier(test: count, cache: cache).base()
        let runs = FileManager.default.contents(atPath: "\(yard.base)/runs")?.count
        // Twice, because a test fails.
        #expect(runs == 4)
        // On a tree that was changed meanwhile.
        try yard.put("broken(", at: "calc.py")
        let later = await yard.verifier(test: count, cache: cache)
        #expect(try await later.base().map(\.failures) == first.map(\.failures))
        #expect(FileManager.default.contents(atPath: "\(yard.base)/runs")?.count == runs)
        #expect(try await later.check().worth == .broken)
        // Without what was kept it is the base that is checked, and not the work.
        let anew = try await yard.verifier(test: count).base()
        #expect(anew.map(\.failures) == first.map(\.failures) && yard.text("calc.py") == "broken(")
        let files = try FileManager.default.contentsOfDirectory(atPath: cache)
        #expect(files.count == 1 && files[0].hasSuffix(".json"))
        try Data("not json".utf8).write(to: URL(filePath: "\(cache)/\(files[0])"))
        #expect(try await yard.verifier(test: count, cache: cache).base().map(\.failures) == first.map(\.failures))
    }

    @Test func `a test that is flaky counts for nothing, and that is said`() async throws {
        let yard = try await Yard([
            "test_a.py": """
            import os, unittest

            class T(unittest.TestCase):
                def test_flaky(self):
                    path = os.environ['TMPDIR'] + '/seen'
                    seen = os.path.exists(path)
                    os.remove(path) if seen else open(path, 'w').close()
                    self.assertTrue(seen)

                def test_good(self):
                    pass
            """
        ])
        let verifier = await yard.verifier(test: Self.unittest)
        let base = try await verifier.base()
        #expect(base.last?.failures == [] && base.last?.notes.first?.contains("test_a.T.test_flaky") == true)
        for _ in 0..<2 {
            let verdict = try await verifier.check()
            #expect(verdict.worth == .verified, "\(verdict.feedback)")
            #expect(verdict.notes.contains { $0.hasPrefix("Flaky, and not counted: ") })
        }
    }

    @Test func `a base that does not build is no beginning`() async throws {
        let yard = try await Yard(["a.py": "x", "Makefile": "test:\n\ttrue\n"])
        var plan = VerificationPlan(steps: [
            VerificationStep(.build, ["sh", "-c", "echo 'a.c:1:2: error: no'; exit 2"])
        ])
        plan.proof = nil
        let verifier = Verifier(yard.setting, plan: plan, checkpoints: yard.checkpoints, cache: nil)
        let failure = await #expect(throws: BaseFailure.self) { try await verifier.base() }
        #expect(failure?.code == "base-broken" && failure?.detail.contains("a.c:1:2: error: no") == true)
        #expect(failure?.steps.count == 1)
        guard case .unverified = try await verifier.check().worth else {
            Issue.record("a base that cannot be checked proves nothing")
            return
        }
    }

    @Test(arguments: [["no-such-program", "x"], ["sh", "-c", "no-such-program x"]])
    func `a command that is given and missing is said`(argv: [String]) async throws {
        let yard = try await Yard(["a.py": "x = 1\n"])
        let verifier = await yard.verifier(test: argv)
        let failure = await #expect(throws: BaseFailure.self) { try await verifier.base() }
        #expect(failure?.code == "missing-command" && failure?.detail.contains("no-such-program") == true)
    }

    @Test func `a command that ends with the code of a missing one, and is there, has failed`() async throws {
        let yard = try await Yard(["a.py": "x = 1\n"])
        let verifier = await yard.verifier(test: ["sh", "-c", "echo FAILED a.py::old; exit 127"])
        #expect(try await verifier.base().last?.exitCode == 127)
        guard case .broken = try await verifier.check().worth else { return }
        Issue.record("what failed before is nothing new")
    }

    @Test func `what a project asks for and is not here is left out, and said`() async throws {
        let yard = try await Yard(
            Self.python.merging([".flake8": "[flake8]\n", "mypy.ini": "[mypy]\n"]) { $1 },
            path: "/usr/bin:/bin"
        )
        guard await !Yard.works(["/usr/bin/flake8", "--version"]) else { return }
        let plan = await VerificationPlan.find(yard.setting, for: .test)
        #expect(plan.steps.map(\.goal) == [.test])
        #expect(plan.notes.contains("flake8 is not installed here: lint was not checked with it."))
        let verifier = Verifier(yard.setting, plan: plan, checkpoints: yard.checkpoints, cache: nil)
        #expect(try await verifier.check().notes.contains { $0.hasPrefix("flake8 is not installed") })
    }

    @Test func `without tests the work is unverified`() async throws {
        let yard = try await Yard(["a.py": "x = 1\n", "README": "hi"])
        let verifier = await yard.verifier()
        _ = try await verifier.base()
        guard case .unverified(let sentence) = try await verifier.check().worth else {
            Issue.record("it is not unverified")
            return
        }
        #expect(sentence.hasPrefix("No tests were found, so nothing says that this works."))
    }

    @Test func `a base that was formatted stays so`() async throws {
        let yard = try await Yard(["a.txt": "one\n"])
        var step = VerificationStep(.format, ["sh", "-c", "! grep -q ' $' a.txt"])
        step.repair = ["sed", "-i", "s/ *$//", "a.txt"]
        let plan = VerificationPlan(steps: [step], proof: .format)
        let verifier = Verifier(yard.setting, plan: plan, checkpoints: yard.checkpoints, cache: nil)
        _ = try await verifier.base()
        try yard.put("two  \n", at: "a.txt")
        #expect(try await verifier.check().worth == .verified)
        #expect(yard.text("a.txt") == "two\n")
    }

    // MARK: - Tests that mean harm

    @Test func `what tests leave behind, change and delete is undone`() async throws {
        let yard = try await Yard([
            "keep.txt": "keep\n", "also/keep.txt": "keep\n",
            "test_a.py": """
            import os, pathlib, shutil, unittest

            class T(unittest.TestCase):
                def test_a(self):
                    pathlib.Path('left.txt').write_text('left')
                    pathlib.Path('build').mkdir()
                    pathlib.Path('build/x.o').write_text('left')
                    pathlib.Path('test_b.py').write_text('left')
                    pathlib.Path('.gitignore').write_text('*')
                    pathlib.Path('keep.txt').write_text('changed')
                    os.remove('work.txt') if os.path.exists('work.txt') else None
                    shutil.rmtree('also')
            """,
        ])
        let verifier = await yard.verifier(test: Self.unittest)
        _ = try await verifier.base()
        try yard.put("work\n", at: "work.txt")
        let state = try await yard.checkpoints.save("work")
        #expect(try await verifier.check().worth == .verified)
        #expect(yard.text("keep.txt") == "keep\n" && yard.text("also/keep.txt") == "keep\n")
        #expect(yard.text("work.txt") == "work\n" && yard.text("left.txt") == nil && yard.text(".gitignore") == nil)
        #expect(try await yard.checkpoints.save("after") == state)
    }

    @Test func `tests that never end, fork and shout are ended`() async throws {
        // Without an ending, so that there is nothing to lint: a linter may take its second on a busy machine.
        let yard = try await Yard(
            [
                "loud":
                    "import sys\nfor _ in range(1000): sys.stdout.write('x' * 65535 + '\\n')\nprint('3 passed in 0.1s')\n",
                "endless": """
                import os, time
                for _ in range(3):
                    if os.fork() == 0:
                        os.setsid()
                        time.sleep(600)
                time.sleep(600)
                """,
            ],
            isolation: await Isolation.here
        )
        let loud = await yard.verifier(test: ["python3", "loud"])
        let said = try await loud.base()
        #expect(said.last?.passed == true && (said.last?.output.utf8.count ?? 0) < 20_000)
        #expect(said.count == 1 && said.last?.tests == TestSummary(passed: 3, failed: 0, skipped: 0))
        let endless = await yard.verifier(test: ["python3", "endless"], timeLimit: .seconds(1))
        #expect(try await endless.base().last?.ended == "time-limit")
        let verdict = try await endless.check()
        let sentence = "python3 endless did not end within 1 s, before the work and after it."
        #expect(verdict.worth == .unverified(sentence), "\(verdict)")
    }

    @Test func `cancelling ends a check and leaves the work`() async throws {
        let yard = try await Yard(["a.txt": "1\n"])
        let started = "\(yard.base)/started"
        let verifier = await yard.verifier(test: [
            "sh", "-c", "echo x > a.txt; : > \(started); sleep 600",
        ])
        try yard.put("2\n", at: "a.txt")
        #expect(mkfifo(started, 0o600) == 0)
        let task = Task { try await verifier.check() }
        // Ends when the command has opened and closed it.
        _ = await collectProcess(ProcessSpec(argv: ["cat", started], environment: Yard.environment))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(yard.text("a.txt") == "2\n")
    }
}
