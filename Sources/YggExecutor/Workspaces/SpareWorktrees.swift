import Synchronization

/// Makes spare work trees beside the attempts, one after the other.
package final class SpareWorktrees: Sendable {
    private typealias Wish = (mirror: Mirror, commit: String)

    private let wishes: AsyncStream<Wish>
    private let continuation: AsyncStream<Wish>.Continuation
    private let isServed = Atomic(false)

    package init() {
        // Where more are wanted than can be made, those that were wanted last are the likelier ones.
        (wishes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
    }

    /// Asks for one that is like what a session began with. Nothing comes of it where nobody makes any, as in a process that
    /// runs one task.
    func want(_ mirror: Mirror, at commit: String) {
        if isServed.load(ordering: .relaxed) { continuation.yield((mirror, commit)) }
    }

    /// Makes what is wanted, until it is cancelled.
    func run() async {
        isServed.store(true, ordering: .relaxed)
        for await wish in wishes {
            // With time of its own: that of the attempt may be over.
            let mirror = Mirror(of: wish.mirror.address, git: wish.mirror.git.forCleaningUp)
            await SpareWorktree(of: mirror).make(at: wish.commit)
        }
        isServed.store(false, ordering: .relaxed)
    }
}
