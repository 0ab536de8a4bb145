import YggCoordinator
import YggCore
import YggProtocol
import YggStorage

/// What is known of questions, whatever any store says.
struct ApprovalAudit {
    struct Said: Hashable {
        var answer: ApprovalAnswer
        var task: TaskID
        var digest: String
    }

    /// What people ever said. A store may forget it, they did not.
    var said: Set<Said> = []
    /// What any store ever held as approved, by task and digest.
    var approved: Set<Said> = []
    /// The questions of the present store, as they were at the last look.
    var known: [String: Approval] = [:]
    /// Tasks that landed, by the store that sent them.
    var landed: Set<String> = []
    var landedTasks: Set<TaskID> = []

    mutating func restored() { known = [:] }
}

extension Auditor {
    // MARK: What people say

    func says(_ answer: ApprovalAnswer, _ approval: Approval) {
        world.note(People.name, "want to \(answer.rawValue) \(name(approval.task)), epoch \(approval.epoch)")
        approvals.said.insert(.init(answer: answer, task: approval.task, digest: approval.digest))
    }

    func answered(_ answer: ApprovalAnswer, _ approval: Approval, _ result: Result<ShownApproval, any Error>) {
        switch result {
        case .success(let shown):
            if shown.approval.digest != approval.digest {
                world.fail(.decidedOnce, "\(name(approval.task)): an answer was taken for another question")
            }
        case .failure(let problem as Problem) where ![404, 409, 503, 507].contains(problem.status):
            world.fail(.decidedOnce, "\(name(approval.task)) cannot be decided: \(problem.detail)")
        case .failure: break
        }
    }

    // MARK: What lands

    func landed(_ approval: Approval, of key: LeaseKey, isNew: Bool, by process: ExecutorProcess) {
        world.note(process.machine.name, "lands \(name(key.task)), epoch \(key.epoch)")
        let name = name(key.task)
        let wish = ApprovalAudit.Said(answer: .approve, task: key.task, digest: approval.digest)
        if !approvals.approved.contains(wish) {
            world.fail(.landsApproved, "\(name) lands what nobody approved")
        }
        if ArtifactStore.hash(of: approval.question.canonicalBytes(result: [:])) != approval.digest {
            world.fail(.landsApproved, "\(name) lands something else than its digest says")
        }
        let mark = "\(key.task) of store \(process.generation)"
        if !isNew || !approvals.landed.insert(mark).inserted { world.fail(.landsOnce, "\(name) lands again") }
        approvals.landedTasks.insert(key.task)
    }

    /// A cancelling only asks where a result is being published.
    func hasLanded(_ id: TaskID) -> Bool { tasks[id]?.state == .succeeded && approvals.landedTasks.contains(id) }

    // MARK: What the store holds

    func lookAtApprovals(_ glances: [TaskGlance]) {
        guard world.scenario.people > 0 else { return }
        let all = fleet.coordinator.look { tx in
            try glances.flatMap { try ApprovalStore.all(of: $0.num, in: tx) }
        }
        guard let all else { return }
        for approval in all { compare(approvals.known[approval.id], approval) }
        let open = Dictionary(grouping: all.filter(\.isOpen), by: \.task).mapValues(\.count)
        for glance in glances where (glance.state == .awaitingApproval ? 1 : 0) != open[glance.id] ?? 0 {
            world.fail(
                .decidedOnce,
                "\(name(glance.id)) is \(glance.state.rawValue) with \(open[glance.id] ?? 0) questions"
            )
        }
    }

    private func compare(_ before: Approval?, _ approval: Approval) {
        guard before != approval else { return }
        let name = name(approval.task)
        approvals.known[approval.id] = approval
        guard let decision = approval.decision else {
            return world.note("store", "\(name) asks people, epoch \(approval.epoch)")
        }
        world.note("store", "\(name), epoch \(approval.epoch), is \(decision.verdict.rawValue)")
        if let before, before.decision != nil || before.digest != approval.digest {
            world.fail(.decidedOnce, "a decision about \(name) changed")
        }
        let needed: ApprovalAnswer? =
            switch decision.verdict {
            case .approved: .approve
            case .sentBack, .rejected: .reject
            case .expired, .cancelled: nil
            }
        guard let needed else { return }
        let wish = ApprovalAudit.Said(answer: needed, task: approval.task, digest: approval.digest)
        if !approvals.said.contains(wish) {
            world.fail(
                .decidedOnce,
                "\(name), epoch \(approval.epoch), is \(decision.verdict.rawValue), and nobody said so"
            )
        }
        if needed == .approve { approvals.approved.insert(wish) }
    }
}
