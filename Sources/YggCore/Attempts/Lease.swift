/// One right to run one attempt. Its epoch makes it unlike every earlier lease of the same task.
package struct LeaseKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let task: TaskID
    package let epoch: Int64

    package init(task: TaskID, epoch: Int64) {
        self.task = task
        self.epoch = epoch
    }

    package var description: String { "\(task)/\(epoch)" }

    package static func < (left: LeaseKey, right: LeaseKey) -> Bool {
        left.task == right.task ? left.epoch < right.epoch : left.task < right.task
    }
}

/// What an executor needs to know to carry out an attempt.
package struct Assignment: Sendable {
    package let spec: TaskSpec
    package let phase: Phase
    package let attempt: Int
    /// What the attempt takes of the executor's slots.
    package let slots: Slots
    package let offline: OfflinePolicy
    /// What people decided about the task that an attempt must know, oldest first: the approvals under which it works,
    /// the comment with which it was sent back.
    package let decisions: [Approval]
    /// The session that it goes on with; nil where none was put aside.
    package let resume: SuspendedSession?

    package init(
        spec: TaskSpec,
        phase: Phase,
        attempt: Int,
        slots: Slots,
        offline: OfflinePolicy,
        decisions: [Approval] = [],
        resume: SuspendedSession? = nil
    ) {
        self.spec = spec
        self.phase = phase
        self.attempt = attempt
        self.slots = slots
        self.offline = offline
        self.decisions = decisions
        self.resume = resume
    }
}

/// What the coordinator wants of an attempt.
package enum LeaseWant: String, Sendable, Hashable, CaseIterable {
    case run, cancel
}

/// One line of an answer to an executor.
package struct StatedLease: Sendable {
    package var key: LeaseKey
    package var phase: Phase
    package var want: LeaseWant
    /// How long the lease lives from when the request that this answers was sent.
    package var ttl: Milliseconds
    /// Only for a lease that the request did not name.
    package var assignment: Assignment?

    package init(key: LeaseKey, phase: Phase, want: LeaseWant, ttl: Milliseconds, assignment: Assignment?) {
        self.key = key
        self.phase = phase
        self.want = want
        self.ttl = ttl
        self.assignment = assignment
    }
}

/// The whole of what an executor holds, as the coordinator states it. It replaces every older statement, so that a
/// lost, repeated or late one changes nothing.
package struct Statement: Sendable {
    /// Grows over boots of either side.
    package var rev: Int64
    package var leases: [StatedLease]

    package init(rev: Int64, leases: [StatedLease]) {
        self.rev = rev
        self.leases = leases
    }
}
