package import YggCore

/// `tracker:`, where people write down what is to be done, and what of it becomes a task.
package struct TrackerSection: Sendable, Hashable {
    /// The `bd` that is run.
    package var command: String?
    /// From one look for new issues to the next.
    package var interval: Milliseconds?
    /// The longest that one call may take.
    package var timeout: Milliseconds?
    /// How many claimed issues may wait for an executor.
    package var ahead: Int?
    package var onFailure: OnFailure?
    package var workspaces: [Workspace] = []
    /// In the order in which they are tried, before those that are built in.
    package var rules: [Rule] = []
    /// Kinds that issues may ask for, as patterns.
    package var kinds = ["*"]

    /// What becomes of an issue whose task did not succeed.
    package enum OnFailure: String, Sendable, Hashable, CaseIterable { case park, release }

    /// What keeps the issues.
    package enum Kind: String, Sendable, Hashable, CaseIterable { case beads, file }

    /// One place with issues.
    package struct Workspace: Sendable, Hashable {
        /// The repository with `.beads`, or the file.
        package var path: String
        package var type: Kind
        /// What its issues are about where they do not say; nil takes the path.
        package var repository: String?
        /// Of tasks whose kind has such parameters.
        package var params: JSONObject
    }

    /// Which issues become tasks of which kind.
    package struct Rule: Sendable, Hashable {
        package var label: String?
        package var type: String?
        package var title: String?
        package var verdict: Verdict
        package var priority: Priority?
        package var params: JSONObject
        package var tier: [Tier]

        package enum Verdict: Sendable, Hashable {
            case kind(TaskKind)
            /// The label or the type is the kind.
            case named
            /// It is a person's.
            case none
        }
    }

    static let intervalRange: ClosedRange<Milliseconds> = .seconds(1)...Milliseconds.hours(1)
    static let timeoutRange: ClosedRange<Milliseconds> = .seconds(1)...Milliseconds.minutes(10)
    static let aheadRange: ClosedRange<Int64> = 1...1000

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        command = reader.read("command", .line)
        interval = reader.read("interval", .duration(Self.intervalRange))
        timeout = reader.read("timeout", .duration(Self.timeoutRange))
        ahead = reader.int("ahead", in: Self.aheadRange).map { Int($0) }
        onFailure = reader.choice("onFailure", of: OnFailure.self)
        workspaces = reader.list("workspaces", Workspace.init(reading:)) ?? []
        // Two of one place would ask it at once.
        reader.refuseRepeated("path", in: "workspaces")
        rules = reader.list("rules", Rule.init(reading:)) ?? []
        kinds = reader.list("kinds", .line) ?? kinds
    }
}

extension TrackerSection.Workspace {
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        path = try reader.required("path") { $0.read("path", .path) }
        type = reader.choice("type", of: TrackerSection.Kind.self) ?? .beads
        repository = reader.read("repo", .line)
        params = reader.object("params") ?? JSONObject()
        if type == .file, repository == nil, reader.issues.isEmpty {
            reader.complain("repo", "is required of a file: there is no repository around it")
        }
    }
}

extension TrackerSection.Rule {
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        label = reader.string("label", maxLength: 255)
        type = reader.string("type", maxLength: 64)
        title = reader.string("title", maxLength: 500)
        priority = reader.int("priority", in: 0...4).flatMap { Priority($0) }
        params = reader.object("params") ?? JSONObject()
        tier = reader.tiers("tier") ?? []
        verdict = .named
        if label == nil, type == nil, title == nil, reader.issues.isEmpty {
            reader.complain("label", "or type or title is required: say which issues the rule is about")
        }
        switch reader.string("kind", maxLength: 64) {
        case nil:
            if label == nil, type == nil, title != nil {
                reader.complain("kind", "is required: a title names none, so say which, or none")
            }
        case "none"?: verdict = .none
        case let text?:
            if let kind = TaskKind(text) {
                verdict = .kind(kind)
            } else {
                reader.complain("kind", "must look like prefix-verb in lower case, or be none, not \"\(text)\"")
            }
        }
    }
}

extension TextForm where Value == TrackerSection.OnFailure {
    static let onFailure = TextForm(
        parse: { text throws(ValueProblem) in
            guard let policy = TrackerSection.OnFailure(rawValue: text) else {
                throw ValueProblem(mustBe: "park or release", not: text)
            }
            return policy
        },
        text: { $0.rawValue }
    )
}
