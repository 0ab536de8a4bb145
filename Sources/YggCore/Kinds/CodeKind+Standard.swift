extension CodeKind {
    /// The kinds that are built in. Printed as they are declared, they are examples for others.
    package static let standard: [CodeKind] = [
        CodeKind(
            kind: TaskKind(trusted: "code-generate"),
            description: "Writes new code from a description",
            prompt: """
                Write the {{language}} code that is described here, and nothing beyond it.

                {{spec}}
                {{instruction}}

                Where it belongs: {{paths}}
                Begin from this code: {{code}}
                {{facts}}
                Follow the style of the code around it. Write no placeholders: every function does what it says.
                """,
            needsOneOf: ["spec", "instruction", "code"],
            tier: [.review]
        ),
        CodeKind(
            kind: TaskKind(trusted: "code-refactor"),
            description: "Changes how code is written and not what it does",
            prompt: """
                Refactor {{language}} code: {{guidance}}.

                {{spec}}
                {{instruction}}

                Which code: {{paths}}
                The code: {{code}}
                {{facts}}
                What the code does must stay the same, for every caller and in every case: names that others use, results,
                errors. Do not change tests. Make few changes, each of which is worth it.
                """,
            params: [
                ParameterSpec(
                    "guidance",
                    .string(pattern: nil, choices: []),
                    default: "improve readability and performance",
                    allowDash: true,
                    description: "What to refactor for"
                )
            ],
            needsOneOf: somethingToWorkOn,
            tier: [.review]
        ),
        CodeKind(
            kind: TaskKind(trusted: "code-test"),
            description: "Writes tests",
            prompt: """
                Write tests with {{framework}} for {{language}} code.

                {{spec}}
                {{instruction}}

                For which code: {{paths}}
                The code: {{code}}
                {{facts}}
                Test what the code promises: the usual case, the edges, the errors. Each test has a name that says what it
                tests, and fails if the code is wrong. Do not change the code that is tested.
                """,
            params: [text("framework", "Default by language: pytest, jest, swift-testing, …")],
            needsOneOf: somethingToWorkOn,
            tier: [.review]
        ),
        CodeKind(
            kind: TaskKind(trusted: "code-document"),
            description: "Writes documentation into code",
            prompt: """
                Document {{language}} code, in the {{style}} style.

                {{spec}}
                {{instruction}}

                Which code: {{paths}}
                The code: {{code}}
                {{facts}}
                Say what each public thing is for, what it takes and gives, and what can go wrong. Change nothing but comments
                and documentation: not a single statement.
                """,
            params: [
                ParameterSpec(
                    "style",
                    .string(pattern: nil, choices: ["google", "numpy", "sphinx"]),
                    default: "google",
                    description: "The form of documentation, of Python's docstrings above all"
                )
            ],
            needsOneOf: somethingToWorkOn,
            verification: .checker
        ),
        CodeKind(
            kind: TaskKind(trusted: "code-fix-lint"),
            description: "Repairs what a linter complains of",
            prompt: """
                Repair what {{linter}} complains of in {{language}} code.

                {{spec}}
                {{instruction}}

                Which code: {{paths}}
                What it says:
                {{findings}}
                The code: {{code}}
                {{facts}}
                What the code does must stay the same. Repair the cause: switch off no rule, and add no comment that silences
                the linter.
                """,
            params: [text("linter", "Default by language: flake8, eslint, …")],
            needsOneOf: somethingToMend,
            verification: .lint
        ),
        CodeKind(
            kind: TaskKind(trusted: "code-format"),
            description: "Formats code",
            prompt: """
                Format {{language}} code in the usual style of its language.

                {{spec}}
                {{instruction}}

                Which code: {{paths}}
                The code: {{code}}
                {{facts}}
                Change white space, line breaks and quotes, and nothing else.
                """,
            needsOneOf: somethingToMend,
            verification: .format
        ),
    ]

    package static func standard(_ kind: TaskKind) -> CodeKind? { standard.first { $0.kind == kind } }

    /// Words alone may ask for something new.
    private static let somethingToWorkOn = ["repo", "code", "spec", "instruction"]
    private static let somethingToMend = ["repo", "code"]

    private static func text(_ name: String, _ description: String) -> ParameterSpec {
        ParameterSpec(name, .string(pattern: nil, choices: []), description: description)
    }
}
