package import YggCore

/// What a run comes to: the verdict, and the load under which it was reached.
package struct TortureReport: Sendable {
    package var seed: UInt64
    package var lasted: Milliseconds
    package var findings: [Finding]
    /// What went wrong with the fleet itself: a process that ended by itself, a store that is not whole.
    package var incidents: [String]
    /// How many tasks came to which state.
    package var tasks: [(state: String, count: Int)] = []
    package var attempts = 0
    /// Submissions that were asked for again, because their answer was lost.
    package var lostAnswers = 0
    package var faults: [(kind: Fault.Kind, count: Int)] = []
    package var restarts = 0
    /// From the end of a fault until its target was seen to be well again.
    package var longestRecovery: (Milliseconds, after: String)?
    /// The longest time for which this machine let a timer of ours wait.
    package var longestStall: Milliseconds = .zero

    package init(seed: UInt64, lasted: Milliseconds, findings: [Finding], incidents: [String]) {
        self.seed = seed
        self.lasted = lasted
        self.findings = findings
        self.incidents = incidents
    }

    package var isSound: Bool { findings.isEmpty && incidents.isEmpty }

    package mutating func count(_ evidence: Evidence) {
        tasks = Self.counted(evidence.tasks.map(\.state))
        attempts = evidence.tasks.reduce(0) { $0 + $1.events.count(where: \.isGrant) }
    }

    package mutating func count(faults injected: [Fault.Kind]) {
        faults = Fault.Kind.allCases.compactMap { kind in
            let count = injected.count { $0 == kind }
            return count > 0 ? (kind, count) : nil
        }
    }

    private static func counted(_ words: [String]) -> [(String, Int)] {
        Dictionary(grouping: words, by: \.self).map { ($0.key, $0.value.count) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    private var total: Int { tasks.reduce(0) { $0 + $1.count } }

    private var rate: Double {
        let seconds = Double(max(1, lasted.rawValue)) / 1000
        return (Double(total) / seconds * 10).rounded() / 10
    }

    package var text: String {
        var lines = [findings.verdict]
        lines += incidents.map { "incident: \($0)" }
        let states = tasks.map { "\($0.count) \($0.state)" }.joined(separator: ", ")
        lines.append("tasks \(total) (\(rate)/s): \(states); attempts \(attempts), lost answers \(lostAnswers)")
        let kinds = faults.map { "\($0.kind.rawValue) \($0.count)" }.joined(separator: ", ")
        lines.append("faults \(faults.reduce(0) { $0 + $1.count }): \(kinds)")
        let recovery = longestRecovery.map { "\($0.0.rawValue) ms (\($0.after))" } ?? "none"
        lines.append(
            "restarts \(restarts), longest recovery \(recovery), longest stall of this machine \(longestStall.rawValue) ms"
        )
        return lines.joined(separator: "\n") + "\n"
    }

    package var json: JSONObject {
        var object: JSONObject = [
            "ok": .bool(isSound), "seed": .string(String(seed)), "lastedMs": .int(lasted.rawValue),
        ]
        for breach in Finding.Breach.allCases {
            object.append(breach.rawValue, .int(Int64(findings.count(of: breach))))
        }
        object.append("tasks", .int(Int64(total)))
        object.append("tasksPerSecond", .double(rate))
        object.append("states", .object(JSONObject(tasks.map { ($0.state, .int(Int64($0.count))) })))
        object.append("attempts", .int(Int64(attempts)))
        object.append("lostAnswers", .int(Int64(lostAnswers)))
        object.append("faults", .object(JSONObject(faults.map { ($0.kind.rawValue, .int(Int64($0.count))) })))
        object.append("restarts", .int(Int64(restarts)))
        object.append("longestRecoveryMs", .optional(longestRecovery?.0.rawValue))
        object.append("longestStallMs", .int(longestStall.rawValue))
        object.append("findings", .array(findings.map { .object($0.json) }))
        object.append("incidents", .array(incidents.map(JSON.string)))
        return object
    }
}
