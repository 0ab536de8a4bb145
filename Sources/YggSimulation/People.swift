import YggCoordinator
import YggCore
import YggProtocol

/// Those who are asked: now and then they look at what waits, think, and answer what they saw, some of them the same.
/// They change their minds, answer late, and say it again where nobody seems to have heard.
final class People: @unchecked Sendable {
    static let name = "people"

    private unowned let fleet: Fleet
    private var randoms: [SeededRandom]

    init(_ fleet: Fleet) {
        self.fleet = fleet
        let seed = fleet.world.scenario.seed
        randoms = (0..<fleet.world.scenario.people).map { SeededRandom(seed: seed, stream: "person \($0)") }
    }

    func start() {
        for person in randoms.indices { lookLater(person) }
    }

    /// Once it is calm they approve whatever they see, so that every story ends.
    private var isCalm: Bool { fleet.world.now >= Instant(nanoseconds: 0) + fleet.world.scenario.calmAt }

    private func lookLater(_ person: Int) {
        fleet.world.after(randoms[person].milliseconds(1000..<6000)) {
            self.look(person)
            self.lookLater(person)
        }
    }

    private func look(_ person: Int) {
        fleet.network.carry("a look at what waits", .up, of: Clients.name) { [self] in
            fleet.coordinator.call { coordinator in
                try await coordinator.approvals(after: nil, limit: 50).items.map(\.approval)
            } _: { result in
                guard case .success(let approvals) = result else { return }
                for approval in approvals { self.consider(approval, person) }
            }
        }
    }

    private func consider(_ approval: Approval, _ person: Int) {
        let thinks = randoms[person].milliseconds(0..<randoms[person].pick([200, 3000, 12_000]))
        let mood = randoms[person].int(0..<100)
        if isCalm { return answer(.approve, approval, comment: nil) }
        switch mood {
        case 0..<55: later(thinks) { self.answer(.approve, approval, comment: nil) }
        case 55..<75: later(thinks) { self.answer(.reject, approval, comment: "Again, please.") }
        case 75..<80: later(thinks) { self.answer(.reject, approval, comment: nil) }
        default: break
        }
    }

    private func later(_ delay: Milliseconds, _ body: @escaping @Sendable () -> Void) { fleet.world.after(delay, body) }

    private func answer(_ answer: ApprovalAnswer, _ approval: Approval, comment: String?) {
        fleet.auditor.says(answer, approval)
        for repetition in [0, 4000] as [Milliseconds] {
            later(repetition) { [self] in send(answer, approval, comment) }
        }
    }

    private func send(_ answer: ApprovalAnswer, _ approval: Approval, _ comment: String?) {
        let name = fleet.auditor.name(approval.task)
        fleet.network.carry("the wish to \(answer.rawValue) \(name)", .up, of: Clients.name) { [self] in
            fleet.coordinator.call { coordinator in
                try await coordinator.answer(answer, approval.task, digest: approval.digest, comment: comment)
            } _: { result in
                self.fleet.auditor.answered(answer, approval, result)
            }
        }
    }
}
