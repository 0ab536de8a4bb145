import Glibc
import Synchronization
import SystemPackage

/// One run of a command: the child and its output on one side, its limits on the other.
///
/// ``execute(onOutput:onStart:)`` starts the child and takes its output; ``enforceLimits(on:)`` ends it. They are two
/// tasks that meet in `state`. Signals to the group are sent under its lock and only in phase `running`, which
/// `execute` leaves before the leader is reaped: so none can reach a stranger who got the same id.
final class ProcessRun: Sendable {
    private enum Phase {
        case starting
        case running(ProcessGroup)
        case over
    }

    private struct State {
        var phase = Phase.starting
        var watch: LimitWatch
        var cause = ProcessOutcome.Cause.finished
        var killed = false
    }

    /// The most a pipe can hold that an unprivileged child may ask for.
    private static let largestPipe = 1 << 20
    /// How often the leader is looked at between SIGTERM and SIGKILL.
    private static let lookEvery: Duration = .milliseconds(10)

    private let spec: ProcessSpec
    private let clock = SuspendingClock()
    private let state: Mutex<State>

    init(_ spec: ProcessSpec, started: SuspendingClock.Instant) {
        self.spec = spec
        let watch = LimitWatch(
            started: started,
            runTimeout: spec.runTimeout,
            silenceTimeout: spec.silenceTimeout
        )
        state = Mutex(State(watch: watch))
    }

    /// Who wanted the end. Final once `execute` has returned.
    var cause: ProcessOutcome.Cause { state.withLock { $0.cause } }

    /// We sent SIGKILL while the leader still ran.
    var killed: Bool { state.withLock { $0.killed } }
}

// MARK: - The child

extension ProcessRun {
    /// Starts the child and takes its output until it has ended and nobody is left in its group.
    func execute(
        onOutput: @escaping @Sendable (OutputStream, ArraySlice<UInt8>) async -> Void,
        onStart: (@Sendable (pid_t) -> Void)?
    ) async -> ProcessOutcome.Ending {
        defer { state.withLock { $0.phase = .over } }
        let executable: FilePath
        do throws(Launch.Refusal) {
            executable = try Launch.executable(for: spec)
        } catch {
            return .notStarted(error.sentence)
        }
        let witness = ProcessScope.witness
        let child: Child
        do throws(Errno) {
            child = try await Child.start(executable, spec, witness: witness)
        } catch {
            return .notStarted(Launch.sentence(for: error, starting: spec.argv[0]))
        }
        await attend(child, onOutput: onOutput, onStart: onStart)
        witness?.ended(child.group.id)
        return await child.reap()
    }

    /// From the start of the leader to its end, which it still is unreaped at.
    private func attend(
        _ child: Child,
        onOutput: @escaping @Sendable (OutputStream, ArraySlice<UInt8>) async -> Void,
        onStart: (@Sendable (pid_t) -> Void)?
    ) async {
        let group = child.group
        onStart?(group.id)
        state.withLock { $0.phase = .running(group) }
        async let output: Void = read(.stdout, of: child, into: onOutput)
        async let errors: Void = read(.stderr, of: child, into: onOutput)
        _ = await (output, errors)
        await child.exit()
        // The leader is unreaped, so the id is still the group's: whoever it left behind ends now. A command that was
        // ended takes with it whoever only left the group.
        state.withLock { state in
            if state.cause == .finished { group.send(SIGKILL) } else { group.sendToSession(SIGKILL) }
            state.phase = .over
        }
    }

    /// Kills whoever is left of the group, while it is there to be killed.
    private func kill() {
        state.withLock { state in
            if case .running(let group) = state.phase { group.send(SIGKILL) }
        }
    }

    /// Takes one stream to its end: end of file, or what was in the pipe when the leader ended.
    ///
    /// A grandchild may hold the pipe open for ever. One that is silent is not waited for once the leader has ended. One
    /// that goes on writing is ended here; and if it has left the group, out of reach of the signal, reading stops after
    /// as much as the pipe can have held.
    private func read(
        _ stream: OutputStream,
        of child: Child,
        into onOutput: @Sendable (OutputStream, ArraySlice<UInt8>) async -> Void
    ) async {
        var leftInPipe = Self.largestPipe
        while let bytes = await child.next(of: stream) {
            state.withLock { $0.watch.deliveryBegan() }
            await onOutput(stream, bytes[...])
            let now = clock.now
            state.withLock { $0.watch.deliveryEnded(at: now) }
            guard child.group.leaderHasExited else { continue }
            kill()
            leftInPipe -= bytes.count
            if leftInPipe <= 0 { return }
        }
    }
}

// MARK: - The limits

extension ProcessRun {
    /// Waits for the first limit, or the cancellation of the task it runs in, and ends the group. Returns when it is
    /// cancelled, which happens at the latest when the run is over.
    func enforceLimits(on execution: Task<ProcessOutcome.Ending, Never>) async {
        let cause = await limit()
        // A shield, awaited at once: a cancelled task could not sleep through the grace.
        await Task { await end(because: cause) }.value
        if cause != .cancelled { await cancellation() }
        // The group is gone. What is left of the run can only be a caller that does not take the output: let it know.
        execution.cancel()
    }

    private func limit() async -> ProcessOutcome.Cause {
        while true {
            let now = clock.now
            switch state.withLock({ $0.watch.verdict(at: now) }) {
            case .reached(let cause):
                return cause
            case .wait(let until):
                do {
                    try await Task.sleep(until: until, clock: clock)
                } catch {
                    return .cancelled
                }
            }
        }
    }

    private func cancellation() async {
        while (try? await Task.sleep(for: .seconds(86_400))) != nil {}
    }

    /// SIGTERM, grace, SIGKILL; to the whole group, and no longer than the leader lives.
    private func end(because cause: ProcessOutcome.Cause) async {
        var killAt: SuspendingClock.Instant?
        while !step(towardsEndBecause: cause, killAt: &killAt) {
            try? await Task.sleep(for: Self.lookEvery)
        }
    }

    /// One look at the group. True when there is nothing left to do.
    private func step(
        towardsEndBecause cause: ProcessOutcome.Cause,
        killAt: inout SuspendingClock.Instant?
    ) -> Bool {
        let now = clock.now
        return state.withLock { state in
            switch state.phase {
            case .over:
                return true
            case .starting:
                return false
            case .running(let group) where group.leaderHasExited:
                // A cancelled caller wants no more of it, though the command was faster. A limit has missed it.
                if cause == .cancelled, state.cause == .finished { state.cause = cause }
                group.sendToSession(SIGKILL)
                return true
            case .running(let group):
                guard let deadline = killAt else {
                    state.cause = cause
                    killAt = now.advanced(by: spec.killGrace)
                    group.sendToSession(SIGTERM)
                    // A stopped process would sleep through the grace.
                    group.sendToSession(SIGCONT)
                    return false
                }
                guard now >= deadline else { return false }
                state.killed = true
                group.sendToSession(SIGKILL)
                return true
            }
        }
    }
}
