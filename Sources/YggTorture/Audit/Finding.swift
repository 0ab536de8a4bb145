package import YggCore

/// Something that must never be, with the task it happened to.
package struct Finding: Sendable, Hashable {
    /// What was promised and not kept.
    package enum Breach: String, Sendable, Hashable, CaseIterable {
        case lost, duplicated, staleAccepted

        package var words: String {
            switch self {
            case .lost: "lost"
            case .duplicated: "duplicated"
            case .staleAccepted: "stale accepted"
            }
        }
    }

    package var breach: Breach
    package var task: String
    /// One sentence.
    package var detail: String

    package init(_ breach: Breach, _ task: String, _ detail: String) {
        self.breach = breach
        self.task = task
        self.detail = detail
    }

    package var json: JSONObject {
        ["breach": .string(breach.rawValue), "task": .string(task), "detail": .string(detail)]
    }
}

extension [Finding] {
    /// `lost 0 duplicated 0 stale accepted 0`: how many tasks, not how many sentences about them.
    package var verdict: String {
        Finding.Breach.allCases.map { "\($0.words) \(count(of: $0))" }.joined(separator: " ")
    }

    package func count(of breach: Finding.Breach) -> Int { Set(filter { $0.breach == breach }.map(\.task)).count }
}
