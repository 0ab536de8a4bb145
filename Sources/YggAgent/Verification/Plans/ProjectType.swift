/// A way in which projects are built and checked, as data: the files that speak for it, and what may be run.
struct ProjectType: Sendable {
    /// When a command is right for a project.
    enum Condition: Sendable {
        case always
        /// One of these files is there.
        case file([String])
        /// A file says this.
        case says(String, in: [String])
        /// `package.json` has such a script, one that does something.
        case script(String)
        case packages
        /// There is a file whose path `TestFiles` knows as a test's.
        case tests
        case makeTarget(String)

        func holds(_ files: ProjectFiles) -> Bool {
            switch self {
            case .always: true
            case .file(let names): names.contains(where: files.has)
            case .says(let text, let names): names.contains { files.contains(text, in: $0) }
            case .script(let name): files.script(name).map { !$0.contains("no test specified") } ?? false
            case .packages: files.hasPackages
            case .tests: files.hasFile(TestFiles.isTest)
            case .makeTarget(let name):
                ["Makefile", "makefile", "GNUmakefile"].contains { makefile in
                    files.text(makefile)?.split(separator: "\n").contains { $0.hasPrefix("\(name):") } == true
                }
            }
        }
    }

    /// A command that may serve, and how to find out whether it is here.
    struct Candidate: Sendable {
        var argv: [String]
        var condition = Condition.always
        /// Ends with 0 where the command can be run; nil where that its program exists says enough.
        var probe: [String]?
        var repair: [String]?
        var unlessThere: String?
    }

    var name: String
    /// One of these files at the top of a project speaks for it.
    var marks: [String]
    /// In the order in which they are run; of each, the first candidate that is right and here.
    var steps: [(goal: VerificationStep.Goal, candidates: [Candidate])]
}

// MARK: - The table

extension ProjectType {
    static let all = [swift, cargo, go, python, javascript, make]

    private static let swift = ProjectType(
        name: "Swift",
        marks: ["Package.swift"],
        steps: [
            (.build, [.init(argv: ["swift", "build", "--build-tests"])]),
            (
                .lint,
                [
                    .init(argv: ["swift", "format", "lint", "--recursive", "."], condition: .file([".swift-format"])),
                    .init(argv: ["swiftlint", "lint", "--quiet"], condition: .file([".swiftlint.yml"])),
                ]
            ),
            (.test, [.init(argv: ["swift", "test"], condition: .tests)]),
        ]
    )

    private static let cargo = ProjectType(
        name: "Rust",
        marks: ["Cargo.toml"],
        steps: [
            (
                .format,
                [
                    .init(
                        argv: ["cargo", "fmt", "--check"],
                        condition: .file(["rustfmt.toml", ".rustfmt.toml"]),
                        probe: ["cargo", "fmt", "--version"],
                        repair: ["cargo", "fmt"]
                    )
                ]
            ),
            (.build, [.init(argv: ["cargo", "build", "--all-targets"])]),
            (
                .lint,
                [
                    .init(
                        argv: ["cargo", "clippy", "--all-targets"],
                        condition: .file(["clippy.toml", ".clippy.toml"]),
                        probe: ["cargo", "clippy", "--version"]
                    )
                ]
            ),
            (.test, [.init(argv: ["cargo", "test"])]),
        ]
    )

    private static let go = ProjectType(
        name: "Go",
        marks: ["go.mod"],
        steps: [
            (.format, [.init(argv: ["gofmt", "-l", "."], repair: ["gofmt", "-w", "."])]),
            (.build, [.init(argv: ["go", "build", "./..."])]),
            (.lint, [.init(argv: ["go", "vet", "./..."])]),
            // Verbose, because otherwise only failures have names.
            (.test, [.init(argv: ["go", "test", "-v", "./..."])]),
        ]
    )

    private static let pythonSettings = ["pyproject.toml", "setup.cfg", "tox.ini"]

    private static let python = ProjectType(
        name: "Python",
        marks: [
            "pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini", "conftest.py", "requirements.txt",
            "tests/conftest.py", "tests/__init__.py",
        ],
        steps: [
            (
                .format,
                [
                    .init(
                        argv: ["ruff", "format", "--check", "."],
                        condition: .says("[tool.ruff.format]", in: ["pyproject.toml"]),
                        repair: ["ruff", "format", "."]
                    ),
                    .init(
                        argv: ["black", "--check", "--quiet", "."],
                        condition: .says("[tool.black]", in: ["pyproject.toml"]),
                        repair: ["black", "--quiet", "."]
                    ),
                ]
            ),
            (
                .lint,
                [
                    .init(argv: ["ruff", "check", "."], condition: .file(["ruff.toml", ".ruff.toml"])),
                    .init(argv: ["ruff", "check", "."], condition: .says("[tool.ruff", in: ["pyproject.toml"])),
                    .init(argv: ["flake8"], condition: .file([".flake8"])),
                    .init(argv: ["flake8"], condition: .says("[flake8", in: ["setup.cfg", "tox.ini"])),
                    // Without anybody's settings only what cannot be meant: syntax, and names that nobody has defined.
                    .init(argv: ["ruff", "check", "--select", "E9,F63,F7,F82", "."]),
                    .init(argv: ["flake8", "--select", "E9,F63,F7,F82"]),
                ]
            ),
            (
                .types,
                [
                    .init(argv: ["mypy", "."], condition: .file(["mypy.ini", ".mypy.ini"])),
                    .init(argv: ["mypy", "."], condition: .says("mypy]", in: pythonSettings)),
                ]
            ),
            (
                .test,
                [
                    .init(
                        argv: ["python3", "-m", "pytest"],
                        condition: .tests,
                        probe: ["python3", "-m", "pytest", "--version"]
                    ),
                    .init(argv: ["pytest"], condition: .tests, probe: ["pytest", "--version"]),
                    .init(argv: ["python3", "-m", "unittest", "discover", "-v"], condition: .tests),
                ]
            ),
        ]
    )

    private static let javascript = ProjectType(
        name: "JavaScript",
        marks: ["package.json"],
        steps: [
            (
                .format,
                [
                    .init(
                        argv: ["node_modules/.bin/prettier", "--check", "."],
                        condition: .file([".prettierrc", ".prettierrc.json", "prettier.config.js", ".prettierrc.yml"]),
                        repair: ["node_modules/.bin/prettier", "--write", "."]
                    )
                ]
            ),
            (
                .build,
                [
                    .init(
                        argv: ["npm", "ci", "--no-audit", "--no-fund"],
                        condition: .file(["package-lock.json", "npm-shrinkwrap.json"]),
                        unlessThere: "node_modules"
                    ),
                    .init(
                        argv: ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"],
                        condition: .packages,
                        unlessThere: "node_modules"
                    ),
                ]
            ),
            (
                .lint,
                [
                    .init(argv: ["npm", "run", "--silent", "lint"], condition: .script("lint")),
                    .init(
                        argv: ["node_modules/.bin/eslint", "."],
                        condition: .file([
                            "eslint.config.js", "eslint.config.mjs", "eslint.config.cjs", ".eslintrc.json",
                            ".eslintrc.js", ".eslintrc.cjs", ".eslintrc.yml",
                        ])
                    ),
                ]
            ),
            (.types, [.init(argv: ["node_modules/.bin/tsc", "--noEmit"], condition: .file(["tsconfig.json"]))]),
            (
                .test,
                [
                    .init(argv: ["npm", "test", "--silent"], condition: .script("test")),
                    .init(argv: ["node", "--test"], condition: .tests),
                ]
            ),
        ]
    )

    private static let make = ProjectType(
        name: "Make",
        marks: ["Makefile", "makefile", "GNUmakefile"],
        steps: [
            (
                .test,
                [
                    .init(argv: ["make", "test"], condition: .makeTarget("test")),
                    .init(argv: ["make", "check"], condition: .makeTarget("check")),
                ]
            )
        ]
    )
}
