/// Where a task is in its life. The only way from one to another is `FleetTask.applying`.
package enum TaskState: String, Sendable, Hashable, CaseIterable {
    /// Waits for other tasks.
    case blocked
    /// Not before a time.
    case scheduled
    /// Waits for an executor.
    case queued
    /// An attempt holds a lease.
    case running
    /// A person must see a plan or a result.
    case awaitingApproval
    case succeeded
    case failed
    case cancelled

    /// Nothing follows.
    package var isTerminal: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// What the next attempt of a task is for.
package enum Phase: String, Sendable, Hashable, CaseIterable {
    /// Produces what a person approves before anything runs.
    case plan
    case run
    /// Publishes an approved result.
    case land
}

/// 0 is the most urgent, 4 the least.
package struct Priority: Sendable, Hashable, Comparable {
    package let rawValue: Int

    package init?(_ value: Int64) {
        guard (0...4).contains(value) else { return nil }
        rawValue = Int(value)
    }

    private init(unchecked value: Int) { rawValue = value }

    package static let normal = Priority(unchecked: 2)
    package static func < (left: Priority, right: Priority) -> Bool { left.rawValue < right.rawValue }
}

/// Which door a task came in by.
package enum TaskSource: String, Sendable, Hashable, CaseIterable {
    case cli, http, page, mcp, beads, schedule, webhook, plan
}
