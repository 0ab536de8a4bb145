import Testing
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

/// What a question refers to, for as long as it is one.
@Suite(.timeLimit(.minutes(1)))
struct ApprovalKeepingTests {
    private static let diff = Array("+one\n".utf8)
    private static let bundle = Array("bundle".utf8)

    private static var question: ApprovalQuestion {
        ApprovalQuestion(
            subject: .diff,
            next: .land,
            summary: "1 file",
            repository: "/r",
            target: "main",
            diff: ArtifactStore.hash(of: diff),
            bundle: ArtifactStore.hash(of: bundle)
        )
    }

    /// Takes a task to where it waits for a person, years ago.
    private func ask(_ id: String, _ household: Household) async throws {
        try await household.submit(id)
        try await household.start(id)
        try await household.upload(Self.diff, to: id)
        try await household.upload(Self.bundle, to: id)
        try await household.database.write { [coordinator = household.coordinator] tx in
            guard var stored = try coordinator.store.task(TaskID(trusted: id), in: tx) else { return }
            var transition = coordinator.transition(in: tx, at: Timestamp(milliseconds: 1_000_000))
            let excerpt = Approval.Excerpt(text: "+one\n", bytes: 5)
            try transition.ask(Self.question, excerpt, JSONObject(), of: &stored, events: [])
        }
    }

    @Test func `retention keeps what an open question is about, and removes it with its task`() async throws {
        try await Household.with(retention: .nothing) { household in
            try await ask("t", household)
            try await household.retention.pass(at: .now)
            #expect(household.hasFile(of: Self.diff) && household.hasFile(of: Self.bundle))
            #expect(try await household.coordinator.approvals(after: nil, limit: 10).items.count == 1)
            #expect(try await StoreInspection(of: household.layout).problems == [])
            _ = try await household.coordinator.cancel(TaskID(trusted: "t"))
            let all = try await household.coordinator.approvals(of: TaskID(trusted: "t"))
            #expect(all.map { $0.approval.decision?.verdict } == [.cancelled])
            try await household.retention.pass(at: .now + .days(31))
            #expect(try await household.exists("t") == false)
            #expect(!household.hasFile(of: Self.diff) && !household.hasFile(of: Self.bundle))
            #expect(try await StoreInspection(of: household.layout).problems == [])
        }
    }

    @Test func `whoever answers a task that waits for nobody is told so, and what can be done`() async throws {
        try await Household.with { household in
            let coordinator = household.coordinator
            let id = TaskID(trusted: "t")
            try await household.submit("t")
            let early = await #expect(throws: Problem.self) {
                _ = try await coordinator.answer(.approve, id, digest: nil)
            }
            #expect(early?.nextAction == "See where it is: ygg why t")
            _ = try await coordinator.cancel(id)
            let late = await #expect(throws: Problem.self) {
                _ = try await coordinator.answer(.reject, id, digest: nil, comment: "Once more.")
            }
            #expect(late?.status == 409 && late?.code == "nothing-to-approve")
            #expect(late?.detail.hasPrefix("Task t is cancelled and does not wait for anybody") == true)
            #expect(late?.detail.contains("digest") == false)
            #expect(late?.nextAction.contains("ygg task retry t") == true)
            let named = await #expect(throws: Problem.self) {
                _ = try await coordinator.answer(.reject, id, digest: "5f1c0a9e22d4")
            }
            #expect(named?.detail.contains("Nothing with that digest") == true)
        }
    }

    @Test func `a question and its decision are told in the task's log, before the state`() async throws {
        try await Household.with { household in
            try await ask("t", household)
            let digest = ArtifactStore.hash(of: Self.question.canonicalBytes(result: [:]))
            let author = Author(Principal(name: "freya", role: .operator, proof: .process), from: "10.0.0.7")
            let shown = try await household.coordinator.answer(
                .approve,
                TaskID(trusted: "t"),
                digest: digest,
                comment: "fine",
                by: author
            )
            #expect(shown.task.state == .queued && shown.task.phase == .land && shown.task.landing == "/r main")
            let log = try await household.coordinator.events(of: TaskID(trusted: "t"), after: 0, limit: 100)
            let words = log.page.events.map { event in
                let word = event.data["state"] ?? event.data["decision"] ?? event.data["subject"]
                return "\(event.type.rawValue) \(word?.stringValue ?? "")"
            }
            #expect(
                words == [
                    "state queued", "state running", "approval diff", "state awaitingApproval", "approval approved",
                    "state queued",
                ]
            )
            let audit = try await household.coordinator.audit(AuditFilter(by: "freya"), before: nil, limit: 10)
            #expect(audit.items.first?.action == .taskApprove && audit.items.first?.address == "10.0.0.7")
            #expect(audit.items.first?.detail == "approved \(digest) fine")
        }
    }
}
