package import YggCore

extension IssueKeeper {
    /// Whether the tracker is being asked something.
    package var isCalling: Bool { call != nil }

    /// Why nothing can be done there now; nil while it can.
    package var trouble: String? { report?.objection ?? (distrust ?? problem)?.description }

    /// When there was a look for new issues last.
    package var lookedAt: Timestamp? { polledAt }

    /// Whether there was a look for new issues since the start.
    package var hasLooked: Bool { polledAt != nil }

    /// Everything that was found at the last look and is open, with what it would become.
    package var sights: [(issue: TrackedIssue, match: IssueRules.Match?)] {
        sighted.map { ($0, settings.rules.match($0, known: known)) }
    }

    /// How it stands, for people.
    package var status: JSONObject {
        var object: JSONObject = ["actor": .string(settings.actor)]
        object.append("version", .optional(report?.version))
        object.append("polledAt", .optional(polledAt?.description))
        if let objection = report?.objection { object.append("objection", .string(objection)) }
        // What is wrong with the whole comes before what is wrong with one issue.
        let ofIssue = ordered.lazy.compactMap { lease in live[lease.issue]?.problem.map { "\(lease.issue): \($0)" } }
            .first
        if let problem = (distrust ?? problem)?.description ?? ofIssue { object.append("problem", .string(problem)) }
        if let notes = report?.notes, !notes.isEmpty { object.append("notes", .array(notes.map(JSON.string))) }
        object.append("ready", .int(Int64(sighted.count)))
        object.append("unmapped", .int(Int64(unmapped)))
        object.append("leftAlone", .int(Int64(leftAlone)))
        let shown = (dependants.prefix(Self.shown) + waiting.prefix(Self.shown)).prefix(Self.shown).map { waiting in
            var waiting = waiting
            waiting.reason = waiting.reason ?? waiting.scope.flatMap { declined[$0] }
            return JSON.object(waiting.json)
        }
        object.append("waiting", .array(shown))
        object.append("waitingCount", .int(Int64(waiting.count + dependants.count)))
        object.append(
            "leases",
            .array(
                ordered.map { lease in
                    var json = lease.json
                    json.append("state", .optional(live[lease.issue]?.glance?.state.rawValue))
                    if let refusal = live[lease.issue]?.refusal, !refusal.isEmpty {
                        json.append("refusal", .string(refusal))
                    }
                    return .object(json)
                }
            )
        )
        let last = ended.values.sorted { ($0.endedAt ?? $0.since) > ($1.endedAt ?? $1.since) }.prefix(Self.shown)
        object.append("ended", .array(last.map { .object($0.json) }))
        return object
    }

    private static let shown = 20
}

extension IssueKeeper.Waiting {
    var json: JSONObject {
        var object: JSONObject = [
            "issue": .string(issue.id.rawValue), "title": .string(issue.title),
            "kind": .string(match.kind.rawValue), "because": .string(match.reason),
        ]
        if !dependsOn.isEmpty { object.append("dependsOn", .array(dependsOn.map { .string($0.rawValue) })) }
        object.append("reason", .optional(reason))
        return object
    }
}
