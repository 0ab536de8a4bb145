import CYggProcess
import Glibc
import Synchronization
import SystemPackage

/// A program that runs, and the thread that is there for it alone: it starts it, gives it its input, sees what it has
/// written and that it has ended, and reaps it.
///
/// A thread a child, because then no two children share a descriptor, a table or a queue: whatever becomes of one, the end
/// of another is seen. The thread sleeps in the kernel until something happens.
///
/// Every child that was started must be reaped, and nothing be asked of it after ``reap()`` was called.
final class Child: Sendable {
    /// Who waits for what. The thread is woken under the lock, so that it cannot have closed what it is woken by.
    private struct State {
        var hasExited = false
        var atOutput: [OutputStream: CheckedContinuation<Void, Never>] = [:]
        var atExit: CheckedContinuation<Void, Never>?
        var atReaping: CheckedContinuation<ProcessOutcome.Ending, Never>?
    }

    let group: ProcessGroup
    private let pipes: ChildPipes
    /// What wakes the thread.
    private let bell: Int32
    private let state = Mutex(State())

    private init(group: ProcessGroup, pipes: ChildPipes, bell: Int32) {
        self.group = group
        self.pipes = pipes
        self.bell = bell
    }

    /// Starts a program. It leads a group and a session of its own, which brings no terminal that a child could ask for a
    /// password on.
    /// - Parameters:
    ///   - witness: hears of it on the child's own thread, before anything else is done: from there on the group is found
    ///     again, whatever happens to this process and however busy it is.
    ///   - watching: opens what can be read when the process has ended; -1 where there is no such thing.
    static func start(
        _ executable: FilePath,
        _ spec: ProcessSpec,
        witness: (any ProcessWitness)? = nil,
        watching: @escaping @Sendable (pid_t) -> Int32 = ygg_process_descriptor
    ) async throws(Errno) -> Child {
        let started: Result<Child, Errno> = await withCheckedContinuation { continuation in
            do throws(Errno) {
                try SmallThread.start { run(executable, spec, witness, watching, started: continuation) }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try started.get()
    }

    /// The next bytes of a stream, as they were written; nil at its end: end of file, or what was in the pipe when the
    /// leader ended. Of one stream one call at a time.
    func next(of stream: OutputStream) async -> [UInt8]? {
        while true {
            // Asked before it is read: what the leader wrote before its end is in the pipe by then.
            let isLast = state.withLock { $0.hasExited }
            switch pipes.read(stream) {
            case .bytes(let bytes): return bytes
            case .end: return nil
            case .nothing where isLast: return nil
            case .nothing: await output(of: stream)
            }
        }
    }

    /// Returns when the leader has ended. It is not reaped yet, so that its group can still be signalled.
    func exit() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                guard !state.hasExited else { return continuation.resume() }
                state.atExit = continuation
            }
        }
    }

    /// Takes the leader's end from the kernel and gives back everything that was there for it.
    func reap() async -> ProcessOutcome.Ending {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.atReaping = continuation
                ring()
            }
        }
    }

    /// Returns when there is something to read, or the leader has ended.
    private func output(of stream: OutputStream) async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                guard !state.hasExited else { return continuation.resume() }
                state.atOutput[stream] = continuation
                ring()
            }
        }
    }

    /// Under the lock of `state` only.
    private func ring() {
        var once: UInt64 = 1
        _ = write(bell, &once, MemoryLayout.size(ofValue: once))
    }
}

// MARK: - On the thread

extension Child {
    /// How often the leader is looked at where the kernel gives no descriptor of it.
    private static let lookEvery: Int32 = 10

    private static func run(
        _ executable: FilePath,
        _ spec: ProcessSpec,
        _ witness: (any ProcessWitness)?,
        _ watching: (pid_t) -> Int32,
        started: CheckedContinuation<Result<Child, Errno>, Never>
    ) {
        // Writing to a child that has stopped reading is an error to be told, not the end of this process.
        var brokenPipe = sigset_t()
        sigemptyset(&brokenPipe)
        sigaddset(&brokenPipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &brokenPipe, nil)
        _ = childrenAreReaped
        do throws(Errno) {
            let bell = ygg_event_descriptor()
            guard bell >= 0 else { throw Errno(rawValue: errno) }
            let launched: (id: pid_t, pipes: ChildPipes)
            do throws(Errno) {
                launched = try ChildPipes.spawn(executable, spec)
            } catch {
                close(bell)
                throw error
            }
            witness?.began(launched.id)
            let child = Child(group: ProcessGroup(id: launched.id), pipes: launched.pipes, bell: bell)
            child.group.yieldToUs()
            started.resume(returning: .success(child))
            child.attend(input: spec.standardInput, leader: watching(launched.id))
        } catch {
            started.resume(returning: .failure(error))
        }
    }

    /// Whoever started this process may have left SIGCHLD ignored: the kernel would then reap children itself and throw
    /// away how they ended.
    private static let childrenAreReaped: Void = {
        var action = sigaction()
        guard sigaction(SIGCHLD, nil, &action) == 0 else { return }
        let isIgnored = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
        if isIgnored || action.sa_flags & SA_NOCLDWAIT != 0 { _ = signal(SIGCHLD, SIG_DFL) }
    }()

    /// From the start of the child until it is reaped.
    private func attend(input bytes: [UInt8]?, leader: Int32) {
        var input = ChildInput(descriptor: pipes.input, bytes: bytes ?? [])
        var hasExited = false
        while true {
            let (awaited, reaping) = state.withLock { (Set($0.atOutput.keys), $0.atReaping) }
            if hasExited, let reaping {
                if leader >= 0 { close(leader) }
                close(bell)
                pipes.close()
                reaping.resume(returning: group.reapLeader())
                return
            }
            // A descriptor of -1 is passed over.
            var watched = [
                pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
                pollfd(fd: hasExited ? -1 : leader, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input.descriptor, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: awaited.contains(.stdout) ? pipes.output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: awaited.contains(.stderr) ? pipes.errors : -1, events: Int16(POLLIN), revents: 0),
            ]
            let looksAgain = leader < 0 && !hasExited
            // Where it fails, for want of memory or by a signal, the leader is looked at all the same.
            if poll(&watched, nfds_t(watched.count), looksAgain ? Self.lookEvery : -1) < 0 { usleep(1000) }
            var rings: UInt64 = 0
            if watched[0].revents != 0 { _ = read(bell, &rings, MemoryLayout.size(ofValue: rings)) }
            if !hasExited, group.leaderHasExited {
                hasExited = true
                input.close()
            } else if watched[1].revents != 0 {
                // Whoever traces the leader hears of its end before we do.
                usleep(1000)
            }
            if watched[2].revents != 0 { input.write() }
            tell(stdout: watched[3].revents != 0, stderr: watched[4].revents != 0, exit: hasExited)
        }
    }

    /// Resumes whoever waited for what has happened.
    private func tell(stdout: Bool, stderr: Bool, exit: Bool) {
        let waiters = state.withLock { state in
            state.hasExited = exit
            return [
                stdout || exit ? state.atOutput.removeValue(forKey: .stdout) : nil,
                stderr || exit ? state.atOutput.removeValue(forKey: .stderr) : nil,
                exit ? state.atExit.take() : nil,
            ]
        }
        for waiter in waiters { waiter?.resume() }
    }
}
