import Synchronization
import YggCore
import YggProtocol
import YggStorage
import YggTracker

extension Coordinator {
    /// Who submits what issues ask for.
    static let tracker = Author(Principal(name: Principal.trackerName, role: .submitter, proof: .process))

    /// Whether a task would be taken, without storing it.
    func check(_ submission: TaskSubmission) async -> IssueKeeper.Fitness {
        await fitness {
            try checkRoom()
            _ = try await prepare(submission, by: Self.tracker, at: machine.time())
        }
    }

    /// Stores it, once: a second time it is the same task.
    func take(_ submission: TaskSubmission) async -> IssueKeeper.Fitness {
        await fitness { _ = try await submit(submission, by: Self.tracker) }
    }

    private func fitness(_ body: () async throws -> Void) async -> IssueKeeper.Fitness {
        do {
            try await body()
            return .accepted
        } catch let problem as Problem {
            let details = problem.issues.map { "\($0.pointer): \($0.detail)" }.joined(separator: "; ")
            let text = details.isEmpty ? problem.detail : "\(problem.detail) \(details)"
            // What is wrong with the issue itself stays so until a person changes it; executors come and go.
            let isFinal = ["invalid-request", "task-exists", "dependency-cycle", "forbidden"].contains(problem.code)
            return isFinal ? .never(text) : .notNow(text)
        } catch {
            return .notNow("\(error)")
        }
    }

    /// A task as its issue is told of it; nil where there is none.
    func glance(at id: TaskID) async throws -> TaskNews? {
        try await database.read { [store] tx in
            guard let stored = try store.task(id, in: tx) else { return nil }
            let task = stored.task
            var glance = TaskNews(task: id, state: task.state)
            glance.executor = task.executor?.rawValue
            glance.succeeded = task.isSuccess
            glance.result = task.result
            glance.error = task.error
            guard task.state == .awaitingApproval || task.state == .cancelled else { return glance }
            let approvals = try ApprovalStore.all(of: stored.num, in: tx)
            if let open = approvals.first(where: \.isOpen), task.state == .awaitingApproval {
                glance.question = TaskNews.Question(
                    epoch: open.epoch,
                    subject: open.question.subject.rawValue,
                    summary: open.question.summary
                )
            }
            if task.state == .cancelled, let decision = approvals.compactMap(\.decision).max(by: { $0.at < $1.at }) {
                let who = decision.by.map { " by \($0)" } ?? ""
                glance.decision = "\(decision.verdict.rawValue)\(who)\(decision.comment.map { ": \($0)" } ?? "")."
            }
            return glance
        }
    }

    /// Ends the task of an issue that is moot.
    /// - Returns: whether that is done; a task that has ended needs nothing.
    func dismiss(_ id: TaskID) async -> Bool {
        do {
            _ = try await cancel(id, by: Self.tracker)
            return true
        } catch let problem as Problem where problem.status == 409 || problem.status == 404 {
            return true
        } catch {
            return false
        }
    }

    /// Every kind that somebody could run.
    var knownKinds: [TaskKind: KindSpec] {
        control.withLock { control in
            Dictionary(control.kinds.all.map { ($0.spec.kind, $0.spec) }) { first, _ in first }
        }
    }

    /// An id for the task of an issue.
    func nextTaskID() -> TaskID {
        var chance = Chance(draw: machine.random)
        let now = machine.time()
        return withControl { control, _ in control.ids.next(at: now, random: &chance) }
    }
}
