import YggAgent
import YggCore

/// What a repository is built with.
enum DevTool: String, Sendable, CaseIterable {
    case swift, cargo, npm, go, pytest, make

    enum Goal: String, Sendable {
        case build, test
    }

    /// The tools whose files are in a directory, the one to use first, each with the file that speaks for it.
    ///
    /// Make comes last: beside another tool a Makefile as a rule calls that tool, and its targets have no fixed names.
    static func detect(in directory: String) -> [(tool: DevTool, file: String)] {
        allCases.compactMap { tool in tool.files.first { LocalFiles.exists("\(directory)/\($0)") }.map { (tool, $0) } }
    }

    /// The files that speak for it.
    var files: [String] {
        switch self {
        case .swift: ["Package.swift"]
        case .cargo: ["Cargo.toml"]
        case .npm: ["package.json"]
        case .go: ["go.mod"]
        case .pytest:
            ["pytest.ini", "pyproject.toml", "conftest.py", "tests/conftest.py", "tests/__init__.py"]
        case .make: ["Makefile", "makefile", "GNUmakefile"]
        }
    }

    /// The commands that reach a goal, one after the other.
    func commands(for goal: Goal, in directory: String) -> [[String]] {
        switch (self, goal) {
        case (.swift, .build): [["swift", "build"]]
        case (.swift, .test): [["swift", "test"]]
        case (.cargo, .build): [["cargo", "build"]]
        case (.cargo, .test): [["cargo", "test"]]
        case (.npm, .build): npmInstall(in: directory) + [["npm", "run", "build", "--if-present"]]
        case (.npm, .test): npmInstall(in: directory) + [["npm", "test"]]
        case (.go, .build): [["go", "build", "./..."]]
        // Verbose, because otherwise go counts packages and not tests.
        case (.go, .test): [["go", "test", "-v", "./..."]]
        // Python has nothing to build; that every file parses is what can be said.
        case (.pytest, .build): [["python3", "-m", "compileall", "-q", "."]]
        case (.pytest, .test): [["pytest"]]
        case (.make, .build): [["make"]]
        case (.make, .test): [["make", Self.makeTestTarget(in: directory)]]
        }
    }

    private func npmInstall(in directory: String) -> [[String]] {
        let isLocked = ["package-lock.json", "npm-shrinkwrap.json"].contains { LocalFiles.isFile("\(directory)/\($0)") }
        return [["npm", isLocked ? "ci" : "install", "--no-audit", "--no-fund"]]
    }

    /// GNU's standard target is `check`; most call it `test`.
    private static func makeTestTarget(in directory: String) -> String {
        let makefile = DevTool.make.files.lazy.compactMap { LocalFiles.read("\(directory)/\($0)") }.first ?? ""
        let lines = makefile.split(separator: "\n")
        return !lines.contains { $0.hasPrefix("test:") } && lines.contains { $0.hasPrefix("check:") } ? "check" : "test"
    }

    /// How it tells what came of the tests; nil where that is up to the repository.
    var dialect: TestDialect? {
        switch self {
        case .swift: .swift
        case .cargo: .cargo
        case .npm: .node
        case .go: .go
        case .pytest: .pytest
        case .make: nil
        }
    }

    /// What makes these tools write for a log, and ask nobody anything.
    static let environment = [
        "CI": "true", "NO_COLOR": "1", "TERM": "dumb", "CARGO_TERM_COLOR": "never", "GIT_TERMINAL_PROMPT": "0",
        "npm_config_update_notifier": "false", "PYTHONUNBUFFERED": "1",
    ]
}
