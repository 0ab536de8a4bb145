import Synchronization
package import YggCore

/// Carries out what the loop of one session decides, until it ends: asks the model, runs its calls, has the work checked.
///
/// Cancelling the surrounding task ends it where it is. The file then goes on from there, as after a crash.
package final class AgentRun: Sendable {
    /// Those who do the work.
    package struct Parts: Sendable {
        package var provider: any ModelProvider
        /// Of the provider's endpoint, shared by all who ask it.
        package var desk: ModelGateDesk
        package var toolbox: Toolbox
        package var verifying: any Verifying
        package var checkpoints: any Checkpointing

        package init(
            provider: any ModelProvider,
            desk: ModelGateDesk,
            toolbox: Toolbox,
            verifying: any Verifying,
            checkpoints: any Checkpointing
        ) {
            self.provider = provider
            self.desk = desk
            self.toolbox = toolbox
            self.verifying = verifying
            self.checkpoints = checkpoints
        }
    }

    /// What others want of the run, taken up between two effects.
    private struct Wishes {
        var comments: [String] = []
        var isSuspending = false
        var isOver = false

        mutating func takeComments() -> [String] {
            defer { comments = [] }
            return comments
        }

        /// - Returns: false where somebody has said something.
        mutating func end() -> Bool {
            guard comments.isEmpty else { return false }
            isOver = true
            return true
        }
    }

    let parts: Parts
    private let session: AgentSession
    private let wishes = Mutex(Wishes())
    private let onEvent: @Sendable (AgentEvent) async -> Void
    let clock: @Sendable () -> Instant

    /// - Parameter onEvent: is awaited, so that a slow reader slows the model down rather than memory filling up.
    package init(
        _ session: AgentSession,
        _ parts: Parts,
        clock: @escaping @Sendable () -> Instant = monotonicNow,
        onEvent: @escaping @Sendable (AgentEvent) async -> Void = { _ in }
    ) {
        self.session = session
        self.parts = parts
        self.clock = clock
        self.onEvent = onEvent
    }

    /// Ends the run after what it does just now, to be gone on with elsewhere.
    package func suspend() { wishes.withLock { $0.isSuspending = true } }

    /// Says something to a session at work: the next message.
    /// - Returns: false where the run is over; the session is then resumed with it.
    package func comment(_ text: String) -> Bool {
        wishes.withLock { wishes in
            guard !wishes.isOver else { return false }
            wishes.comments.append(text)
            return true
        }
    }

    /// Works until the session ends. To be called once.
    package func run() async -> AgentOutcome {
        var session = session
        var time = SessionClock(elapsed: session.elapsed, clock)
        let ending: AgentOutcome.Ending
        do {
            ending = try await work(&session, &time)
        } catch let error as SessionError {
            ending = .failed(RunFailure(.workspaceFailed, error.description))
        } catch is CancellationError {
            ending = .cancelled
        } catch {
            // Nobody of the parts should throw anything else, and nobody is to be believed to.
            ending = .failed(RunFailure(.workspaceFailed, "\(error)"))
        }
        wishes.withLock { $0.isOver = true }
        session.file.release()
        let end = session.end
        let loop = session.loop
        return AgentOutcome(
            ending: ending,
            summary: end?.summary ?? "",
            verdict: end?.verdict ?? loop.tree.verdict,
            checkpoint: end?.checkpoint ?? loop.tree.last,
            base: end?.base ?? loop.tree.base,
            steps: loop.steps,
            tokens: loop.usedTokens,
            model: loop.task.model,
            provider: parts.provider.identity,
            mode: loop.mode,
            prompts: session.header.prompts,
            sessionFile: session.path
        )
    }

    /// - Throws: `SessionError`, or `CancellationError`.
    private func work(_ session: inout AgentSession, _ time: inout SessionClock) async throws -> AgentOutcome.Ending {
        while true {
            for comment in wishes.withLock({ $0.takeComments() }) { session.say(comment) }
            if session.end == nil, wishes.withLock({ $0.isSuspending }) { session.feed(.suspended, at: time.now) }
            // Durable before anything is done, and before anybody is told.
            try await session.file.flush()
            try Task.checkCancellation()
            guard let effect = session.effects.first else {
                throw SessionError(.damaged, "The session at \(session.path) has nothing to do, and has not ended.")
            }
            if case .finish(let end) = effect {
                // A comment may have come while the disk was waited for.
                guard wishes.withLock({ $0.end() }) else { continue }
                return switch end.way {
                case .done: .done
                case .failed(let failure): .failed(failure)
                case .suspended: .suspended
                }
            }
            let input = try await perform(effect, &session, &time)
            // Before the next question is made.
            for comment in wishes.withLock({ $0.takeComments() }) { session.say(comment) }
            session.feed(input, at: time.now)
        }
    }

    func tell(_ event: AgentEvent) async { await onEvent(event) }

    func tell(_ activity: AgentProgress.Activity, _ loop: AgentLoop) async {
        let isAsking = activity == .thinking
        await onEvent(
            .progress(
                AgentProgress(
                    step: loop.steps + (isAsking ? 1 : 0),
                    maxSteps: loop.steps + loop.stepsLeft,
                    model: loop.task.model,
                    activity: activity
                )
            )
        )
    }
}

/// Time at work: it stands still while somebody else has the model.
struct SessionClock: Sendable {
    private let elapsed: Milliseconds
    private let began: Instant
    private var waited = Milliseconds.zero
    private let clock: @Sendable () -> Instant

    init(elapsed: Milliseconds, _ clock: @escaping @Sendable () -> Instant) {
        self.elapsed = elapsed
        self.clock = clock
        began = clock()
    }

    /// Never runs backwards.
    var now: Milliseconds { elapsed + max(.zero, Milliseconds((clock() - began).rawValue - waited.rawValue)) }

    mutating func leaveOut(_ time: Milliseconds) { waited = waited + time }
}
