package import YggCore

/// What one seed stands for: a fleet, what is asked of it, and what goes wrong.
package struct Scenario: Sendable {
    package var seed: UInt64
    package var ttl: Milliseconds
    package var executors: [ExecutorPlan]
    package var tasks: [TaskPlan]
    package var faults: [Fault]
    /// From here on nothing goes wrong any more, and everything must come to its end.
    package var calmAt: Milliseconds
    /// How many look after what waits for a person, each by himself.
    package var people = 0
    /// When somebody else's commit lands.
    package var commits: [OthersCommit] = []

    /// The base moves.
    package struct OthersCommit: Sendable {
        package var at: Milliseconds
        package var branch: String

        package init(at: Milliseconds, branch: String) {
            self.at = at
            self.branch = branch
        }
    }

    /// One machine with an executor on it.
    package struct ExecutorPlan: Sendable {
        package var id: ExecutorID
        package var slots: Int
        package var window: Int
        package var spoolBytes: Int
    }

    /// One task that a client wants done.
    package struct TaskPlan: Sendable {
        package var name: String
        package var kind: SimulatedKind
        package var submitAt: Milliseconds
        /// Whether the client names the task; otherwise it repeats itself by an `Idempotency-Key`.
        package var hasOwnID: Bool
        /// Another task that it waits for.
        package var dependsOn: String?
        package var delay: Milliseconds?
        package var cancelAt: Milliseconds?
        package var retryAt: Milliseconds?
        /// What it asks people; nil where it asks nobody.
        package var asks: Asking?
        /// What its attempts do, one after the other; the last one for all that follow.
        package var attempts: [Work]
    }

    /// What of a task waits for a person.
    package enum Asking: Sendable, Hashable {
        /// Whether its result counts; where nobody says so in time, it does not.
        case review(expires: Milliseconds?)
        /// Whether its result is landed on a branch.
        case landing(branch: String)
    }

    /// What a handler does in one attempt.
    package struct Work: Sendable {
        package var duration: Milliseconds
        /// Lines of output, evenly spread.
        package var lines: Int
        package var ending: Ending
        /// How long it takes to end when it is told to.
        package var dying: Milliseconds

        package enum Ending: Sendable { case succeeds, fails, failsForGood }
    }
}

/// The kinds of work of a simulated fleet, each with a prefix of its own.
package enum SimulatedKind: String, Sendable, CaseIterable {
    /// `offline: stop`.
    case work = "work-plain"
    /// May wait on the executor before a slot is free.
    case quick = "quick-look"
    /// Takes two slots.
    case heavy = "heavy-lift"
    /// Must not be repeated unasked.
    case once = "act-once"
    /// `offline: continue`.
    case far = "far-away"

    init?(prefix: String) {
        guard let kind = Self.allCases.first(where: { $0.kind.prefix == prefix }) else { return nil }
        self = kind
    }

    var kind: TaskKind { TaskKind(trusted: rawValue) }
    var slots: Int { self == .heavy ? 2 : 1 }
    var isPrefetched: Bool { self == .quick }
    var goesOnOffline: Bool { self == .far }

    var spec: KindSpec {
        KindSpec(
            kind: kind,
            description: "Work of the simulation",
            params: [
                ParameterSpec(
                    "plan",
                    .string(pattern: nil, choices: []),
                    required: true,
                    description: "What is to be done"
                )
            ],
            slots: Slots(["default": slots]),
            onLost: self == .once ? .fail : .requeue,
            prefetch: isPrefetched
        )
    }
}

/// One thing that goes wrong. Each can be left out without the others.
package struct Fault: Sendable {
    package var at: Milliseconds
    /// How long it lasts, or what crashed stays down.
    package var duration: Milliseconds
    package var kind: Kind

    package enum Kind: Sendable {
        case executorCrash(ExecutorID, isPowerLoss: Bool)
        case executorFreeze(ExecutorID)
        case lifecycle(ExecutorID, LifecycleAction)
        /// The same, asked of the coordinator.
        case order(ExecutorID, LifecycleAction)
        case coordinatorCrash
        case coordinatorStop
        case coordinatorFreeze
        /// The coordinator dies at its n-th commit, before or after it.
        case crashAtWrite(Int, isCommitted: Bool)
        case databaseFull
        /// The coordinator is lost, and another begins with a backup that old.
        case restore(age: Milliseconds)
        case network(endpoint: String, Trouble)
        /// A wall clock is set. `machine` is an executor or `coordinator`.
        case clockJump(machine: String, by: Milliseconds)
    }

    /// What a network does to messages.
    package enum Trouble: Sendable, CustomStringConvertible {
        case partition
        /// Nothing arrives at the coordinator.
        case noUplink
        /// Nothing arrives from the coordinator.
        case noDownlink
        /// That many of a hundred are lost.
        case loss(Int)
        case duplicates(Int)
        /// Up to that long under way, each for itself: so they overtake each other.
        case slow(Milliseconds)

        package var description: String {
            switch self {
            case .partition: "nothing passes"
            case .noUplink: "nothing arrives at the coordinator"
            case .noDownlink: "nothing comes back from the coordinator"
            case .loss(let percent): "\(percent) of 100 messages are lost"
            case .duplicates(let percent): "\(percent) of 100 requests arrive twice"
            case .slow(let limit): "messages take up to \(limit.text)"
            }
        }
    }

    package init(at: Milliseconds, duration: Milliseconds, kind: Kind) {
        self.at = at
        self.duration = duration
        self.kind = kind
    }

    var end: Milliseconds { at + duration }
}

extension Fault: CustomStringConvertible {
    package var description: String {
        let time = "\(at.text) for \(duration.text)"
        switch kind {
        case .executorCrash(let id, let isPowerLoss): return "\(time): \(id) \(isPowerLoss ? "loses power" : "crashes")"
        case .executorFreeze(let id): return "\(time): \(id) is frozen"
        case .lifecycle(let id, let action): return "\(time): \(id) is told to \(action.rawValue)"
        case .order(let id, let action): return "\(time): the coordinator is asked to have \(id) \(action.rawValue)"
        case .coordinatorCrash: return "\(time): the coordinator crashes"
        case .coordinatorStop: return "\(time): the coordinator is stopped in order"
        case .coordinatorFreeze: return "\(time): the coordinator is frozen"
        case .crashAtWrite(let number, let isCommitted):
            let when = isCommitted ? "after" : "before"
            return "commit \(number): the coordinator crashes \(when) it, for \(duration.text)"
        case .databaseFull: return "\(time): the coordinator's disk is full"
        case .restore(let age):
            return "\(time): the coordinator is lost, and begins anew with a backup that is \(age.text) old"
        case .network(let endpoint, let trouble): return "\(time): network of \(endpoint): \(trouble)"
        case .clockJump(let machine, let by): return "\(at.text): the clock of \(machine) jumps by \(by.rawValue) ms"
        }
    }
}
