import Glibc
import SystemPackage
import YggCore

/// A lock on a file that two attempts of one executor exclude each other with, and two processes that share a
/// workspace (an executor, and `ygg run` beside it). The kernel drops it when its holder dies.
struct FileLock: Sendable {
    private let file: FileDescriptor

    /// Waits for the lock. It is tried for rather than waited for, because a thread that waits in the kernel is one
    /// less for everybody else.
    init(_ path: String, run: AttemptRun) async throws(HandlerFailure) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                FilePath(path),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw .unusableWorkspace(path, error)
        }
        do throws(HandlerFailure) {
            try await Self.acquire(file, run)
        } catch {
            try? file.close()
            throw error
        }
        self.file = file
    }

    private static func acquire(_ file: FileDescriptor, _ run: AttemptRun) async throws(HandlerFailure) {
        var pause = Duration.milliseconds(2)
        while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let hasTime = run.timeLeft != .zero
            if hasTime, (try? await Task.sleep(for: pause)) != nil {
                pause = min(pause * 2, .milliseconds(100))
                continue
            }
            throw hasTime ? .cancelled() : .waitedTooLong(run.context.timeouts.run)
        }
    }

    /// Takes the lock if nobody has it.
    /// - Parameter making: whether its file is made where there is none, which nobody has a lock on then.
    init?(ifFree path: String, making: Bool = false) {
        let file = try? FileDescriptor.open(
            FilePath(path),
            .readWrite,
            options: making ? [.create, .closeOnExec] : .closeOnExec,
            permissions: making ? [.ownerReadWrite] : nil
        )
        guard let file else { return nil }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? file.close()
            return nil
        }
        self.file = file
    }

    /// Gives the lock back. It, or ``remove(_:)``, is to be called once.
    func release() {
        // Closing alone would not be enough: a child between fork and exec has the descriptor, too.
        flock(file.rawValue, LOCK_UN)
        try? file.close()
    }

    /// Gives back a lock whose file nobody needs any more. Only for names that are used once: somebody who opened the
    /// file a moment ago would hold a lock on nothing.
    func remove(_ path: String) {
        unlink(path)
        release()
    }
}

extension HandlerFailure {
    fileprivate static func waitedTooLong(_ limit: Milliseconds) -> HandlerFailure {
        HandlerFailure(
            code: "run-timeout",
            detail:
                "The attempt waited for another one that uses the same mirror, longer than it may run (\(limit.text)).",
            retryable: true
        )
    }
}
