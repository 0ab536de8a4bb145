import Synchronization
package import YggCore
import YggProcess

/// Runs `bd` in one workspace: one process at a time, in the order of the calls.
package actor BeadsCommand {
    package struct Settings: Sendable, Hashable {
        /// The program, as a path or by its name on the PATH.
        package var command: String
        /// The repository that holds `.beads`.
        package var directory: String
        /// The longest that one call may take.
        package var timeout = Milliseconds.seconds(60)
        /// From the polite end to the other one: a database is being written.
        package var killGrace = Milliseconds.seconds(5)
        /// This process's own; of it only what `bd` needs is handed on.
        package var environment: [String: String]

        package init(command: String, directory: String, environment: [String: String]) {
            self.command = command
            self.directory = directory
            self.environment = environment
        }
    }

    /// Bytes of one answer; a household's open issues are a few million.
    private static let largest = 64 << 20
    private static let largestNotice = 1 << 20

    let settings: Settings
    private var last: Task<Void, Never>?

    package init(_ settings: Settings) { self.settings = settings }

    /// Runs `bd ARGUMENTS --json`, and for whom.
    /// - Throws: where it could not be started or did not end in time; whatever it says itself is in the reply.
    package func run(_ arguments: [String], as actor: String? = nil) async throws(TrackerFailure) -> BeadsReply {
        let argv = [settings.command] + (actor.map { ["--actor", $0] } ?? []) + arguments + ["--json"]
        let spec = ProcessSpec(
            argv: argv,
            environment: childEnvironment,
            workingDirectory: settings.directory,
            runTimeout: settings.timeout.duration,
            killGrace: settings.killGrace.duration
        )
        let previous = last
        let task = Task { () -> Run in
            await previous?.value
            return await Self.run(spec)
        }
        last = Task { _ = await task.value }
        let run = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        return try reply(of: run, arguments)
    }

    private struct Run: Sendable {
        var outcome: ProcessOutcome
        var stdout: [UInt8]
        var stderr: [UInt8]
    }

    /// Both pipes are read as they fill; what is too much is dropped, and then nothing of it counts.
    private static func run(_ spec: ProcessSpec) async -> Run {
        let collector = Collector()
        let outcome = await runProcess(spec) { stream, bytes in collector.take(bytes, from: stream) }
        return collector.streams.withLock { Run(outcome: outcome, stdout: $0.stdout, stderr: $0.stderr) }
    }

    private final class Collector: Sendable {
        let streams = Mutex<(stdout: [UInt8], stderr: [UInt8])>(([], []))

        func take(_ bytes: ArraySlice<UInt8>, from stream: OutputStream) {
            streams.withLock { streams in
                switch stream {
                case .stdout: if streams.stdout.count <= BeadsCommand.largest { streams.stdout += bytes }
                case .stderr: if streams.stderr.count <= BeadsCommand.largestNotice { streams.stderr += bytes }
                }
            }
        }
    }

    private func reply(of run: Run, _ arguments: [String]) throws(TrackerFailure) -> BeadsReply {
        let name = "bd \(arguments.first ?? "")"
        switch (run.outcome.cause, run.outcome.ending) {
        case (_, .notStarted(let sentence)):
            throw TrackerFailure(.unusable, sentence, next: "Name the bd to run in tracker.command.")
        case (.runTimeout, _), (.silenceTimeout, _):
            throw TrackerFailure(.unanswered, "\(name) did not end within \(settings.timeout.text) and was ended.")
        case (.cancelled, _): throw TrackerFailure(.unanswered, "\(name) was ended with the coordinator.")
        case (.finished, .signalled(let signal)):
            throw TrackerFailure(.unanswered, "\(name) was ended by signal \(signal).")
        case (.finished, .exited(let code)):
            guard run.stdout.count <= Self.largest else {
                throw TrackerFailure(.unavailable, "\(name) answered with more than \(Self.largest >> 20) MiB.")
            }
            return BeadsReply(
                exitCode: code,
                stdout: run.stdout,
                stderr: String(decoding: run.stderr, as: UTF8.self)
            )
        }
    }

    /// Of ours what a program needs, what a database server of Beads needs, and that nobody is to be asked. What would make
    /// `bd` speak to an agent, or print less, is not handed on.
    private var childEnvironment: [String: String] {
        let server = settings.environment.filter { $0.key.hasPrefix("BEADS_DOLT_") }
        return cleanEnvironment(
            from: settings.environment,
            extra: server.merging([
                "BEADS_DIR": "\(settings.directory)/.beads", "BD_NON_INTERACTIVE": "1", "BD_NO_PAGER": "1",
                "NO_COLOR": "1",
            ]) { $1 }
        )
    }
}
