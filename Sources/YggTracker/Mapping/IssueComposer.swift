package import YggCore
package import YggProtocol

/// Makes the task of an issue: what it says becomes parameters, what it does not say is the workspace's.
package struct IssueComposer: Sendable {
    /// Where the code is that issues of this workspace are about, as executors name it.
    package var repository: String?
    /// Of tasks whose kind has such parameters, where nobody says otherwise.
    package var params: JSONObject
    /// Whether there is such a file or folder, by its path within the repository.
    package var exists: @Sendable (String) -> Bool
    /// Reads YAML.
    package var readYAML: @Sendable (String) -> Result<JSON, InvalidInput>

    package init(
        repository: String?,
        params: JSONObject = JSONObject(),
        exists: @escaping @Sendable (String) -> Bool,
        readYAML: @escaping @Sendable (String) -> Result<JSON, InvalidInput>
    ) {
        self.repository = repository
        self.params = params
        self.exists = exists
        self.readYAML = readYAML
    }

    /// Metadata under this prefix is meant for us, whatever it says; without it only what the kind knows.
    package static let metadataPrefix = "dispatch."

    /// - Parameter spec: nil for a kind that nobody has offered yet; its parameters are taken as they come.
    /// - Throws: `InvalidInput` where a block of YAML in the description cannot be read.
    package func submission(
        for issue: TrackedIssue,
        as match: IssueRules.Match,
        kind spec: KindSpec?
    ) throws(InvalidInput) -> TaskSubmission {
        let knows = { (name: String) in spec.map { $0.params.contains { $0.name == name } } ?? true }
        var given = JSONObject()
        let set = { (members: JSONObject) in for member in members.members { given[member.key] = member.value } }
        set(JSONObject(params.members.filter { spec != nil && knows($0.key) }.map { ($0.key, $0.value) }))
        set(match.rule?.params ?? JSONObject())
        set(metadata(of: issue, spec, knows))
        let block = try block(in: issue.description, spec)
        set(block?.params ?? JSONObject())

        let text = text(of: issue, description: block?.rest ?? issue.description)
        if let spec {
            if let name = spec.repositoryParameter?.name, given[name] == nil { given[name] = .optional(repository) }
            // A question to a model is asked in the issue's own words.
            if let name = ["instruction", "prompt"].first(where: knows), given[name] == nil {
                given[name] = .string(text)
            }
            if knows("paths"), given["paths"] == nil {
                let paths = Self.paths(in: text).filter(exists)
                if !paths.isEmpty { given["paths"] = .array(paths.map(JSON.string)) }
            }
        }
        var submission = TaskSubmission(kind: match.kind, params: given)
        submission.title = Self.title(issue.title)
        submission.description = issue.description.isEmpty ? nil : issue.description
        submission.labels = Array(
            issue.labels.filter { (1...128).contains($0.utf8.count) }.prefix(TaskSubmission.maxLabels)
        )
        submission.priority = match.rule?.priority ?? issue.priority
        submission.source = .beads
        submission.tier = TierRequest(added: match.rule?.tier ?? [], skipped: [])
        return submission
    }

    private func metadata(of issue: TrackedIssue, _ spec: KindSpec?, _ knows: (String) -> Bool) -> JSONObject {
        var params = JSONObject()
        for member in issue.metadata.members where member.key != IssueRules.kindKey {
            if member.key.hasPrefix(Self.metadataPrefix) {
                params[String(member.key.dropFirst(Self.metadataPrefix.count))] = member.value
            } else if spec != nil, knows(member.key) {
                params[member.key] = member.value
            }
        }
        return params
    }

    private func text(of issue: TrackedIssue, description: String) -> String {
        var title = issue.title.drop { $0.isWhitespace }
        if title.lowercased().hasPrefix(IssueRules.agentPrefix) {
            title = title.dropFirst(IssueRules.agentPrefix.count).drop { $0.isWhitespace }
        }
        let sections = issue.sections.map { "\($0.heading):\n\($0.text)" }
        let parts = [String(title), description.trimmed] + sections
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// A title is cut where a task's must end, and never within a character.
    private static func title(_ text: String) -> String {
        var title = Substring(text)
        while title.utf8.count > TaskSubmission.maxTitleBytes { title = title.dropLast() }
        return String(title)
    }
}

// MARK: - What a description holds

extension IssueComposer {
    /// The first fenced block of YAML that is about the task: an object with at least one of the kind's parameters. Others are
    /// a part of the text, because descriptions quote YAML of all sorts.
    private func block(
        in description: String,
        _ spec: KindSpec?
    ) throws(InvalidInput) -> (params: JSONObject, rest: String)? {
        let lines = description.split(separator: "\n", omittingEmptySubsequences: false)
        var index = 0
        while index < lines.count {
            let fence = lines[index].trimmed
            guard fence == "```yaml" || fence == "```yml" else {
                index += 1
                continue
            }
            let end = lines[(index + 1)...].firstIndex { $0.trimmed == "```" } ?? lines.endIndex
            let text = lines[(index + 1)..<end].joined(separator: "\n")
            let value = readYAML(text)
            let keys = value.objectKeys ?? lines[(index + 1)..<end].compactMap(Self.key)
            if spec == nil || keys.contains(where: { key in spec?.params.contains { $0.name == key } ?? false }) {
                guard case .object(let params) = try value.get() else { return nil }
                let rest = lines[..<index] + lines[min(end + 1, lines.endIndex)...]
                return (params, rest.joined(separator: "\n").trimmed)
            }
            index = end + 1
        }
        return nil
    }

    /// What stands before the colon of a line that begins with a key: tells whom a block is for that cannot be read.
    private static func key(_ line: Substring) -> String? {
        guard let colon = line.firstIndex(of: ":"), let first = line.first, first.isLetter else { return nil }
        return String(line[..<colon])
    }

    /// Words of a text that look like paths within a repository, each once, in their order.
    static func paths(in text: String) -> [String] {
        var paths: [String] = []
        for word in text.split(whereSeparator: { $0.isWhitespace || "`\"'()[]{}<>,;".contains($0) }) {
            var word = word
            while let last = word.last, ".:!?*".contains(last) { word = word.dropLast() }
            if word.hasPrefix("./") { word = word.dropFirst(2) }
            guard word.contains("/") || word.contains("."), !word.hasPrefix("/"), !word.hasPrefix("-"),
                !word.hasPrefix("~"), !word.contains("://"), word.utf8.count < 1024,
                !word.split(separator: "/").contains(".."), !paths.contains(String(word))
            else { continue }
            paths.append(String(word))
            if paths.count == 50 { break }
        }
        return paths
    }
}

extension Result<JSON, InvalidInput> {
    fileprivate var objectKeys: [String]? { (try? get())?.objectValue?.keys }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
