import ArgumentParser

/// What can be measured by itself.
enum BenchGroup: String, CaseIterable, Sendable {
    /// The machine: fdatasync, SQLite commits, HTTP round trips.
    case raw
    /// Memory at rest, start to ready, `ygg task list`.
    case footprint
    /// One submitter and an idle executor.
    case latency
    /// Tasks from submission to their stored result, as many as there can be.
    case throughput
    /// Many tasks in one request.
    case batch
    /// A claim with a few and with a million tasks queued.
    case claim
    /// Very many executors in long poll.
    case polls
    /// What tokens cost.
    case tokens
    /// The coding agent, with a scenario in the place of a model.
    case agent
    /// A tracker in which nothing changes.
    case tracker
    /// Executors and coordinators that are killed, and work that is cancelled.
    case recovery

    func run(_ context: BenchContext) throws {
        switch self {
        case .raw: try RawLimits(context: context).run()
        case .footprint: try Footprint(context: context).run()
        case .latency: try IdleLatency(context: context).run()
        case .throughput: try Throughput(context: context).run()
        case .batch: try BatchSubmission(context: context).run()
        case .claim: try ClaimDepth(context: context).run()
        case .polls: try LongPolls(context: context).run()
        case .tokens: try TokenCost(context: context).run()
        case .agent: try AgentWork(context: context).run()
        case .tracker: try TrackerCost(context: context).run()
        case .recovery: try Recovery(context: context).run()
        }
    }

    static let names = allCases.map(\.rawValue).joined(separator: ", ")

    /// Reads `raw,claim`.
    @Sendable static func parse(list: String) throws -> [BenchGroup] {
        let groups = try list.split(separator: ",").map { word in
            guard let group = BenchGroup(rawValue: String(word)) else {
                throw ValidationError("\"\(word)\" is not one of \(names)")
            }
            return group
        }
        // In their own order: the raw limits come before what is held against them.
        return allCases.filter(groups.contains)
    }
}
