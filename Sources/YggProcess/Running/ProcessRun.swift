import Glibc
import Subprocess
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
        do {
            return try await spawn(Launch.executable(for: spec), onOutput: onOutput, onStart: onStart)
        } catch let refusal as Launch.Refusal {
            return .notStarted(refusal.sentence)
        } catch {
            return .notStarted(Launch.sentence(for: error, starting: spec.argv[0]))
        }
    }

    private func spawn(
        _ executable: FilePath,
        onOutput: @escaping @Sendable (OutputStream, ArraySlice<UInt8>) async -> Void,
        onStart: (@Sendable (pid_t) -> Void)?
    ) async throws -> ProcessOutcome.Ending {
        var configuration = Configuration(
            executable: .path(executable),
            arguments: Arguments(executablePathOverride: spec.argv[0], remainingValues: Array(spec.argv.dropFirst())),
            environment: .custom(
                Dictionary(uniqueKeysWithValues: spec.environment.map { (Environment.Key(stringLiteral: $0), $1) })
            ),
            workingDirectory: spec.workingDirectory.map { FilePath($0) }
        )
        // A session brings a group of its own and no terminal that a child could ask for a password on.
        configuration.platformOptions.createSession = true
        let status: TerminationStatus
        if let input = spec.standardInput {
            status = try await Subprocess.run(configuration, input: .inputWriter, output: .sequence, error: .sequence) {
                async let _ = StandardInput.feed(input, to: $0.standardInputWriter)
                await attend($0, onOutput: onOutput, onStart: onStart)
            }.terminationStatus
        } else {
            status = try await Subprocess.run(configuration, input: .none, output: .sequence, error: .sequence) {
                await attend($0, onOutput: onOutput, onStart: onStart)
            }.terminationStatus
        }
        switch status {
        case .exited(let code): return .exited(code)
        case .signaled(let signal): return .signalled(signal)
        }
    }

    /// From the start of the leader to its end, which it still is unreaped at.
    private func attend<Input: InputProtocol>(
        _ execution: Execution<Input, SequenceOutput, SequenceOutput>,
        onOutput: @escaping @Sendable (OutputStream, ArraySlice<UInt8>) async -> Void,
        onStart: (@Sendable (pid_t) -> Void)?
    ) async {
        let group = ProcessGroup(id: execution.processIdentifier.value)
        group.yieldToUs()
        // Before anything else: from here on the group is found again, whatever happens to this process.
        let witness = ProcessScope.witness
        witness?.began(group.id)
        defer { witness?.ended(group.id) }
        onStart?(group.id)
        state.withLock { $0.phase = .running(group) }
        async let output: Void = read(execution.standardOutput, as: .stdout, of: group, into: onOutput)
        async let errors: Void = read(execution.standardError, as: .stderr, of: group, into: onOutput)
        _ = await (output, errors)
        await group.leaderExit()
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
    /// A grandchild may hold the pipe open for ever. One that is silent is the library's case: it stops waiting when
    /// the leader ends. One that goes on writing is ended here; and if it has left the group, out of reach of the
    /// signal, reading stops after as much as the pipe can have held.
    private func read(
        _ output: SubprocessOutputSequence,
        as stream: OutputStream,
        of group: ProcessGroup,
        into onOutput: @Sendable (OutputStream, ArraySlice<UInt8>) async -> Void
    ) async {
        var leftInPipe = Self.largestPipe
        do {
            for try await buffer in output {
                let bytes = buffer.withUnsafeBytes { [UInt8]($0) }
                state.withLock { $0.watch.deliveryBegan() }
                await onOutput(stream, bytes[...])
                let now = clock.now
                state.withLock { $0.watch.deliveryEnded(at: now) }
                guard group.leaderHasExited else { continue }
                kill()
                leftInPipe -= bytes.count
                if leftInPipe <= 0 { return }
            }
        } catch {
            // A pipe that can no longer be read has come to its end; how the command ended is told by its exit.
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
