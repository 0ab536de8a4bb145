package import YggCore

/// What is known of a repository when a model is told what to do in it.
package struct RepositoryFacts: Sendable, Hashable {
    /// The files that the work is about, or some of those there are; below the workspace.
    package var files: [String]
    /// The commands that the harness checks with.
    package var checks: [[String]]
    /// What the linter says now, for `{{findings}}`.
    package var findings: [String]

    package init(files: [String] = [], checks: [[String]] = [], findings: [String] = []) {
        self.files = files
        self.checks = checks
        self.findings = findings
    }

    /// In a small model's context there is no room for more.
    private static let shownFiles = 40
    private static let shownFindings = 30

    fileprivate var text: String {
        var lines: [String] = []
        if !files.isEmpty {
            let more = files.count > Self.shownFiles ? " and \(files.count - Self.shownFiles) more" : ""
            lines.append(
                "Files: \(files.prefix(Self.shownFiles).map(VisibleText.quoted).joined(separator: ", "))\(more)"
            )
        }
        if !checks.isEmpty {
            let commands = checks.map { "`\($0.map(VisibleText.quoted).joined(separator: " "))`" }
            lines.append(
                "After each change this is run, and must not fail where it did not: \(commands.joined(separator: ", "))"
            )
        }
        return lines.joined(separator: "\n")
    }

    fileprivate var findingsText: String {
        findings.prefix(Self.shownFindings).map { VisibleText.cut($0, to: 200) }.joined(separator: "\n")
            + (findings.count > Self.shownFindings ? "\nand \(findings.count - Self.shownFindings) more" : "")
    }
}

/// What a model is told to do: a kind of work, what a task says, and what is known of the repository. Nothing else goes
/// into it, so the same task has the same prompt.
package struct CodePrompt: Sendable, Hashable {
    package let kind: CodeKind
    package let language: CodeLanguage?
    /// As it is shown where the language is none that is known here.
    package let languageName: String
    private let values: [String: String]

    /// - Parameter params: checked against the kind.
    package init(_ kind: CodeKind, params: JSONObject, facts: RepositoryFacts = RepositoryFacts()) {
        let asked = params["language"]?.stringValue
        let paths = params["paths"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let language =
            asked.map { CodeLanguage.named($0) }
            ?? CodeLanguage.of(files: paths) ?? CodeLanguage.of(files: facts.files) ?? CodeLanguage.named(kind.language)
        let languageName = language?.name ?? asked ?? kind.language
        var values: [String: String] = [:]
        for parameter in CodeKind.commonParams + kind.params {
            values[parameter.name] = (params[parameter.name] ?? parameter.fallback).map(Self.text)
        }
        values["language"] = languageName
        // What is code is marked as such, so that no line of it is read as an instruction's end.
        if let code = params["code"]?.stringValue, !code.isEmpty {
            values["code"] = "\n\(Self.fence(code))\(languageName)\n\(code)\n\(Self.fence(code))"
        }
        let fallbacks = ["framework": language?.framework, "linter": language?.linter]
        for (name, fallback) in fallbacks where kind.params.contains(where: { $0.name == name }) {
            values[name] = values[name] ?? fallback
        }
        values["facts"] = facts.text
        values["findings"] = facts.findingsText
        self.kind = kind
        self.language = language
        self.languageName = languageName
        self.values = values
    }

    /// The instruction.
    package var text: String { kind.prompt(values) }

    /// The value that a parameter has, its default included; nil where the kind knows none of that name.
    package func value(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// What the evidence names the template by: a sha256.
    package var templateHash: String { PromptText(name: kind.kind.rawValue, text: kind.prompt).sha256 }

    /// More backticks than any line of the code begins with.
    private static func fence(_ code: String) -> String {
        let lines: [Substring] = code.split(separator: "\n")
        let longest = lines.map { line in line.drop { $0 == " " }.prefix { $0 == "`" }.count }.max() ?? 0
        return String(repeating: "`", count: max(3, longest + 1))
    }

    private static func text(_ value: JSON) -> String {
        switch value {
        case .string(let text): text
        case .array(let values): values.map(text).joined(separator: ", ")
        case .null: ""
        case .bool, .int, .double, .object: value.text
        }
    }
}
