import YggClient
import YggCore

/// Landings that are under way while the person reviews the next: each is waited for by itself, and told when it is asked
/// for, so that nothing is printed into what they read.
actor LandingWatch {
    typealias Landing = (task: String, outcome: LandingOutcome)

    private let client: CoordinatorClient
    private var arrived: [Landing] = []
    private var waiting: CheckedContinuation<Void, Never>?

    init(client: CoordinatorClient) { self.client = client }

    /// Waits until it has landed, has not, or asks a person again.
    func watch(_ task: String) async {
        let outcome: LandingOutcome
        do {
            let waiter = TaskWaiter(client: client, goal: .approval) { _ in }
            let ended = try await waiter.wait(for: task, limit: TimeLimit(nil))
            var question: ReviewItem?
            if ended.state == .awaitingApproval {
                question = try await client.approvals(of: task).first { $0["decision"] == nil }
                    .map { ReviewItem($0, task: ended) }
            }
            outcome = LandingOutcome(ended, asking: question)
        } catch {
            outcome = .failed("It is not known what became of it: \(CommandFailure(describing: error).message)")
        }
        arrived.append((task, outcome))
        waiting?.resume()
        waiting = nil
    }

    /// What has come since it was asked last.
    func take() -> [Landing] {
        defer { arrived = [] }
        return arrived
    }

    /// The next to come. One at a time asks, and only while one is under way.
    func next() async -> [Landing] {
        if arrived.isEmpty { await withCheckedContinuation { waiting = $0 } }
        return take()
    }
}
