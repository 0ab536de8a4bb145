import YggCore

/// A programming language, as data: how its files are named, what tests, lints and formats it as a rule, and what says
/// whether a text is a program at all. `FILE` in a command stands for the file.
package struct CodeLanguage: Sendable, Hashable {
    /// A command, and how to read its end.
    struct Command: Sendable, Hashable {
        var name: String
        var argv: [String]
        /// Ends with 0 where it is here; nil where that its program exists says enough.
        var probe: [String]?

        init(_ name: String, _ argv: [String], probe: [String]? = nil) {
            self.name = name
            self.argv = argv
            self.probe = probe
        }

        func argv(for file: String) -> [String] { argv.map { $0 == "FILE" ? file : $0 } }
    }

    package var name: String
    /// How else models and people call it.
    var aliases: [String]
    /// The first is that of a new file.
    var extensions: [String]
    /// The framework for tests where nobody says another.
    package var framework: String?
    /// The first is the linter where nobody says another.
    var linters: [Command]
    /// What a linter can repair by itself.
    var repairs: [Command] = []
    /// Each writes the file anew.
    var formatters: [Command]
    var checkers: [Command]
}

extension CodeLanguage {
    /// The language by any of its names, or by a file's ending.
    package static func named(_ name: String) -> CodeLanguage? {
        let name = name.lowercased()
        return all.first { $0.name == name || $0.aliases.contains(name) || $0.extensions.contains(name) }
    }

    /// The language that most of these files are in.
    package static func of(files: [String]) -> CodeLanguage? {
        var counts: [String: Int] = [:]
        for file in files {
            guard let dot = file.lastIndex(of: "."), let language = fileLanguage(file[dot...].dropFirst()) else {
                continue
            }
            counts[language.name, default: 0] += 1
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }.flatMap { named($0.key) }
    }

    private static func fileLanguage(_ ending: Substring) -> CodeLanguage? {
        all.first { $0.extensions.contains(ending.lowercased()) }
    }

    /// The linter where nobody says another.
    package var linter: String? { linters.first?.name }

    static let all: [CodeLanguage] = [
        CodeLanguage(
            name: "python",
            aliases: ["python3", "py3"],
            extensions: ["py", "pyi"],
            framework: "pytest",
            linters: [
                .init("flake8", ["flake8", "FILE"]),
                .init("ruff", ["ruff", "check", "--no-cache", "--output-format", "concise", "FILE"]),
                .init("pylint", ["pylint", "FILE"]), .init("pyflakes", ["pyflakes", "FILE"]),
            ],
            repairs: [
                .init("ruff", ["ruff", "check", "--no-cache", "--fix", "--quiet", "FILE"]),
                .init("flake8", ["autopep8", "--in-place", "FILE"]),
            ],
            formatters: [
                .init("black", ["black", "--quiet", "FILE"]),
                .init("ruff format", ["ruff", "format", "--no-cache", "FILE"]),
                .init("autopep8", ["autopep8", "--in-place", "FILE"]),
            ],
            checkers: [
                .init(
                    "python3",
                    [
                        "python3", "-c", "import ast, sys; ast.parse(open(sys.argv[1], 'rb').read(), sys.argv[1])",
                        "FILE",
                    ]
                )
            ]
        ),
        CodeLanguage(
            name: "swift",
            aliases: [],
            extensions: ["swift"],
            framework: "swift-testing",
            linters: [
                .init("swift format", ["swift", "format", "lint", "FILE"], probe: ["swift", "format", "--version"]),
                .init("swiftlint", ["swiftlint", "lint", "--quiet", "FILE"]),
            ],
            repairs: [
                .init(
                    "swift format",
                    ["swift", "format", "--in-place", "FILE"],
                    probe: ["swift", "format", "--version"]
                )
            ],
            formatters: [
                .init(
                    "swift format",
                    ["swift", "format", "--in-place", "FILE"],
                    probe: ["swift", "format", "--version"]
                )
            ],
            checkers: [.init("swiftc", ["swiftc", "-parse", "FILE"])]
        ),
        CodeLanguage(
            name: "javascript",
            aliases: ["node", "nodejs", "ecmascript"],
            extensions: ["js", "mjs", "cjs", "jsx"],
            framework: "jest",
            linters: [.init("eslint", ["eslint", "FILE"])],
            repairs: [.init("eslint", ["eslint", "--fix", "FILE"])],
            formatters: [.init("prettier", ["prettier", "--write", "FILE"])],
            checkers: [.init("node", ["node", "--check", "FILE"])]
        ),
        CodeLanguage(
            name: "typescript",
            aliases: [],
            extensions: ["ts", "tsx", "mts", "cts"],
            framework: "jest",
            linters: [.init("eslint", ["eslint", "FILE"])],
            repairs: [.init("eslint", ["eslint", "--fix", "FILE"])],
            formatters: [.init("prettier", ["prettier", "--write", "FILE"])],
            checkers: []
        ),
        CodeLanguage(
            name: "shell",
            aliases: ["bash", "zsh", "console"],
            extensions: ["sh", "bash"],
            framework: "bats",
            linters: [.init("shellcheck", ["shellcheck", "--shell=bash", "--format=gcc", "FILE"])],
            formatters: [.init("shfmt", ["shfmt", "-w", "FILE"])],
            checkers: [
                .init("shellcheck", ["shellcheck", "--shell=bash", "--severity=error", "--format=gcc", "FILE"]),
                .init("bash", ["bash", "-n", "FILE"]),
            ]
        ),
        CodeLanguage(
            name: "go",
            aliases: ["golang"],
            extensions: ["go"],
            framework: "testing",
            linters: [.init("gofmt", ["gofmt", "-l", "FILE"])],
            formatters: [.init("gofmt", ["gofmt", "-w", "FILE"])],
            checkers: [.init("gofmt", ["gofmt", "-e", "FILE"])]
        ),
        CodeLanguage(
            name: "rust",
            aliases: [],
            extensions: ["rs"],
            framework: "cargo test",
            linters: [],
            formatters: [.init("rustfmt", ["rustfmt", "--edition", "2021", "FILE"], probe: ["rustfmt", "--version"])],
            checkers: [
                .init(
                    "rustc",
                    [
                        "rustc", "--edition", "2021", "--crate-type", "lib", "--emit", "metadata", "--cap-lints",
                        "allow", "-o", "/dev/null", "FILE",
                    ],
                    probe: ["rustc", "--version"]
                )
            ]
        ),
        CodeLanguage(
            name: "ruby",
            aliases: [],
            extensions: ["rb"],
            framework: "rspec",
            linters: [.init("rubocop", ["rubocop", "--format", "emacs", "FILE"])],
            formatters: [.init("rubocop", ["rubocop", "--autocorrect", "FILE"])],
            checkers: [.init("ruby", ["ruby", "-c", "FILE"])]
        ),
        CodeLanguage(
            name: "php",
            aliases: [],
            extensions: ["php"],
            framework: "phpunit",
            linters: [],
            formatters: [],
            checkers: [.init("php", ["php", "-l", "FILE"])]
        ),
        CodeLanguage(
            name: "java",
            aliases: [],
            extensions: ["java"],
            framework: "junit",
            linters: [],
            formatters: [],
            checkers: []
        ),
        CodeLanguage(
            name: "kotlin",
            aliases: [],
            extensions: ["kt", "kts"],
            framework: "junit",
            linters: [],
            formatters: [],
            checkers: []
        ),
        CodeLanguage(
            name: "c",
            aliases: [],
            extensions: ["c", "h"],
            framework: "ctest",
            linters: [],
            formatters: [.init("clang-format", ["clang-format", "-i", "FILE"])],
            checkers: []
        ),
        CodeLanguage(
            name: "c++",
            aliases: ["cplusplus"],
            extensions: ["cpp", "cc", "cxx", "hpp"],
            framework: "ctest",
            linters: [],
            formatters: [.init("clang-format", ["clang-format", "-i", "FILE"])],
            checkers: []
        ),
        CodeLanguage(
            name: "c#",
            aliases: ["csharp"],
            extensions: ["cs"],
            framework: "xunit",
            linters: [],
            formatters: [],
            checkers: []
        ),
    ]
}
