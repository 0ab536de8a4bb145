import YggCoordinator
import YggCore
import YggExecutor
import YggProtocol

/// Those who want tasks done: they repeat themselves until they are answered, as good clients do.
final class Clients: @unchecked Sendable {
    static let name = "client"
    /// After this long without an answer a request is repeated.
    private static let patience = Milliseconds.seconds(4)

    private unowned let fleet: Fleet
    private let plans: [String: Scenario.TaskPlan]
    /// Errands that are not done.
    private var open = 0
    /// The ids by which acknowledged tasks are known.
    private var ids: [String: TaskID] = [:]
    private var submissions: [String: TaskSubmission] = [:]
    /// What is wanted of executors, by the newest wish.
    private var wishes: [ExecutorID: Wish] = [:]

    private struct Wish: Equatable {
        var number: Int
        var action: LifecycleAction
    }

    /// An older wish has arrived behind a newer one.
    private struct Superseded: Error {}

    init(_ fleet: Fleet) {
        self.fleet = fleet
        plans = Dictionary(fleet.world.scenario.tasks.map { ($0.name, $0) }) { first, _ in first }
    }

    var areDone: Bool { open == 0 }

    /// What an attempt is to do.
    func work(of plan: String, attempt: Int) -> Scenario.Work {
        let attempts = plans[plan]?.attempts ?? []
        return attempts.dropFirst(attempt - 1).first ?? attempts.last
            ?? Scenario.Work(duration: 100, lines: 1, ending: .succeeds, dying: .zero)
    }

    /// What a plan asks people.
    func asks(_ plan: String) -> Scenario.Asking? { plans[plan]?.asks }

    func start() {
        for plan in fleet.world.scenario.tasks {
            later(plan.submitAt) { self.submit(plan) }
            if let time = plan.cancelAt { later(time) { self.cancel(plan.name) } }
            if let time = plan.retryAt { later(time) { self.retry(plan.name) } }
        }
    }

    /// An errand for later is open already.
    private func later(_ time: Milliseconds, _ body: @escaping @Sendable () -> Void) {
        open += 1
        fleet.world.at(time) {
            self.open -= 1
            body()
        }
    }

    /// What was acknowledged since the backup is lost. They find it missing, and ask for it anew.
    func restored() {
        for (name, id) in ids.sorted(by: { $0.key < $1.key }) where !fleet.auditor.knows(id) {
            ids[name] = nil
            guard let plan = plans[name] else { continue }
            again { self.submit(plan) }
        }
        // A pause that was taken back may be back, too, whatever was asked since. Where a pause is the newest wish, its end is
        // still to come.
        for (executor, wish) in wishes.sorted(by: { $0.key < $1.key }) where ![.pause, .drain].contains(wish.action) {
            order(.resume, to: executor, for: .zero)
        }
    }

    /// Whether an answer is about a store that is no more.
    private func isForgotten(_ id: TaskID) -> Bool { fleet.coordinator.generation > 1 && !fleet.auditor.knows(id) }

    // MARK: Errands

    /// What is asked for, whenever and however often it is asked for.
    private func submission(of plan: Scenario.TaskPlan) -> TaskSubmission {
        if let submission = submissions[plan.name] { return submission }
        var submission = TaskSubmission(kind: plan.kind.kind, params: ["plan": .string(plan.name)])
        if plan.hasOwnID { submission.id = TaskID(trusted: plan.name) }
        submission.dependsOn = [plan.dependsOn].compactMap { $0.map(TaskID.init(trusted:)) }
        submission.notBefore = plan.delay.map { fleet.coordinator.machine.clock.time() + $0 }
        if case .review(let expires) = plan.asks {
            submission.tier = TierRequest(added: [.review])
            if let expires { submission.timeouts = ["approvalMs": .int(expires.rawValue)] }
        }
        submissions[plan.name] = submission
        return submission
    }

    private func submit(_ plan: Scenario.TaskPlan) {
        let key = plan.hasOwnID ? nil : IdempotencyKey(key: "key-\(plan.name)", fingerprint: plan.name)
        let (name, request) = (plan.name, submission(of: plan))
        ask("a submission of \(name)") { coordinator in
            let id = try await coordinator.submit(request, idempotency: key).task.id
            self.fleet.auditor.call(id, name)
            return id
        } settled: { [self] result in
            switch result {
            case .success(let id) where isForgotten(id): return false
            case .success(let id):
                ids[name] = id
                fleet.auditor.acknowledged(id, as: name)
                return true
            // What it waits for may not be there yet.
            case .failure(let problem as Problem) where problem.code != "unknown-dependency":
                fleet.world.fail(.endsOnce, "the submission of \(name) is refused: \(problem.detail)")
                return true
            case .failure: return false
            }
        }
    }

    private func cancel(_ name: String) {
        guard let id = ids[name] else { return again { self.cancel(name) } }
        ask("the wish to cancel \(name)") { coordinator in
            _ = try await coordinator.cancel(id)
            return self.fleet.coordinator.generation
        } settled: { [self] result in
            switch result {
            case .success(fleet.coordinator.generation): fleet.auditor.mustCancel(id, name)
            case .success: fleet.world.note(Self.name, "hears that \(name) was being cancelled")
            case .failure(let problem as Problem) where problem.status == 409:
                fleet.world.note(Self.name, "hears that \(name) has ended already")
            case .failure(let problem as Problem) where problem.status == 404 && fleet.coordinator.generation > 1:
                fleet.world.note(Self.name, "hears that nobody knows \(name)")
            case .failure(let problem as Problem):
                fleet.world.fail(.acknowledgedIsKept, "\(name) cannot be cancelled: \(problem.detail)")
            case .failure: return false
            }
            return true
        }
    }

    private func retry(_ name: String) {
        guard let id = ids[name] else { return again { self.retry(name) } }
        ask("the wish to try \(name) again") { coordinator in
            try await coordinator.retry(id)
        } settled: { [self] result in
            switch result {
            case .success(let result):
                if result.kind == .created, !isForgotten(result.task.id) {
                    fleet.auditor.acknowledged(result.task.id, as: "\(name) again")
                }
            case .failure(let problem as Problem) where problem.status == 409:
                fleet.world.note(Self.name, "hears that \(name) has not ended yet")
            case .failure(let problem as Problem) where problem.status == 404 && fleet.coordinator.generation > 1:
                fleet.world.note(Self.name, "hears that nobody knows \(name)")
            case .failure(let problem as Problem):
                fleet.world.fail(.acknowledgedIsKept, "\(name) cannot be tried again: \(problem.detail)")
            case .failure: return false
            }
            return true
        }
    }

    /// Somebody wants an executor to do something with itself. A pause is taken back once it is known to be kept.
    func order(_ action: LifecycleAction, to executor: ExecutorID, for duration: Milliseconds) {
        let wish = Wish(number: (wishes[executor]?.number ?? 0) + 1, action: action)
        wishes[executor] = wish
        ask("the wish to have \(executor) \(action.rawValue)") { coordinator in
            guard self.wishes[executor] == wish else { throw Superseded() }
            _ = try await coordinator.order(.init(action: action, by: Self.name), to: executor)
        } settled: { [self] result in
            switch result {
            case .success:
                if action == .pause || action == .drain {
                    later(fleet.world.now - Instant(nanoseconds: 0) + duration) {
                        if self.wishes[executor] == wish { self.order(.resume, to: executor, for: .zero) }
                    }
                }
            case .failure(is Superseded): break
            case .failure(let problem as Problem) where problem.code == "executor-stopped":
                fleet.world.note(Self.name, "hears that \(executor) has stopped")
            // It may not have registered yet.
            case .failure: return false
            }
            return true
        }
    }

    private func again(_ body: @escaping @Sendable () -> Void) {
        later(fleet.world.now - Instant(nanoseconds: 0) + .seconds(1), body)
    }

    // MARK: Asking

    private final class Errand: @unchecked Sendable {
        var tries = 0
        var isDone = false
    }

    /// Asks until it is settled.
    private func ask<Value: Sendable>(
        _ what: String,
        _ body: @escaping @Sendable (Coordinator) async throws -> Value,
        settled: @escaping @Sendable (Result<Value, any Error>) -> Bool
    ) {
        open += 1
        send(what, Errand(), body, settled)
    }

    private func send<Value: Sendable>(
        _ what: String,
        _ errand: Errand,
        _ body: @escaping @Sendable (Coordinator) async throws -> Value,
        _ settled: @escaping @Sendable (Result<Value, any Error>) -> Bool
    ) {
        errand.tries += 1
        let tried = errand.tries
        fleet.world.note(Self.name, tried == 1 ? "sends \(what)" : "repeats \(what)")
        let repeatAfter: @Sendable (Milliseconds) -> Void = { [self] delay in
            fleet.world.after(delay) {
                if !errand.isDone, errand.tries == tried { self.send(what, errand, body, settled) }
            }
        }
        repeatAfter(Self.patience)
        fleet.network.carry(what, .up, of: Self.name) { [self] in
            fleet.coordinator.call(body) { result in
                self.fleet.network.carry("the answer to \(what)", .down, of: Self.name) {
                    guard !errand.isDone else { return }
                    guard settled(result) else { return repeatAfter(.seconds(1)) }
                    errand.isDone = true
                    self.open -= 1
                }
            }
        }
    }
}
