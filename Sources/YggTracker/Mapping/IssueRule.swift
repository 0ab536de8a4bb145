package import YggCore

/// Which issues become tasks of which kind. The first rule that fits decides.
package struct IssueRule: Sendable, Hashable {
    /// What a rule makes of an issue that it fits.
    package enum Verdict: Sendable, Hashable {
        case kind(TaskKind)
        /// The label or type by which it fitted is the kind.
        case named
        /// It is a person's, whatever later rules say.
        case none
    }

    /// Each that is given must fit. Patterns with `*` and `?`.
    package var label: String?
    package var type: String?
    /// How the title begins, in upper or lower case.
    package var titlePrefix: String?
    package var verdict: Verdict
    package var priority: Priority?
    /// Under those that the issue itself names.
    package var params = JSONObject()
    package var tier: [Tier] = []

    package init(label: String? = nil, type: String? = nil, titlePrefix: String? = nil, _ verdict: Verdict) {
        self.label = label
        self.type = type
        self.titlePrefix = titlePrefix
        self.verdict = verdict
    }

    /// The kind of an issue that the rule fits; nil inside where it says that there is none.
    func match(_ issue: TrackedIssue) -> TaskKind?? {
        var name: String?
        if let label {
            guard let found = issue.labels.first(where: { Glob(label).matches($0) }) else { return nil }
            name = found
        }
        if let type {
            guard Glob(type).matches(issue.type) else { return nil }
            name = name ?? issue.type
        }
        if let titlePrefix {
            guard issue.title.lowercased().hasPrefix(titlePrefix.lowercased()) else { return nil }
        }
        switch verdict {
        case .kind(let kind): return .some(kind)
        case .named:
            guard let kind = name.flatMap({ TaskKind($0) }) else { return nil }
            return .some(kind)
        case .none: return .some(nil)
        }
    }
}

/// A pattern with `*` for any characters and `?` for one.
package struct Glob: Sendable, Hashable {
    private let pattern: [UInt8]

    package init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

    /// In time linear in both but for stars, of which only the last is tried again.
    package func matches(_ text: String) -> Bool {
        let text = Array(text.utf8)
        var place = 0
        var next = 0
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                star = (next, place)
                next += 1
            } else if next < pattern.count, pattern[next] == UInt8(ascii: "?") || pattern[next] == text[place] {
                next += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                next = last.pattern + 1
                place = last.text + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
