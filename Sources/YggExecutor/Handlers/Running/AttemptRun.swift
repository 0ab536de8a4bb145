import YggCore
import YggProcess

/// One attempt under way: runs its commands, each within what is left of the attempt's time, and keeps what they say.
struct AttemptRun: Sendable {
    let context: HandlerContext
    private let transcript: Transcript
    private var timeouts: Timeouts
    private var started = SuspendingClock.now

    fileprivate init(_ context: HandlerContext, transcript: Transcript) {
        self.context = context
        self.transcript = transcript
        timeouts = context.timeouts
    }

    /// For what must be done after the attempt's own time is over. To be used within ``uncancelled(_:)``.
    var forCleaningUp: AttemptRun {
        var copy = self
        copy.timeouts = Timeouts(run: .minutes(10))
        copy.started = .now
        return copy
    }

    /// What is left of the time the attempt may run; nil where it is not limited.
    var timeLeft: Duration? {
        timeouts.run == .zero ? nil : max(.zero, timeouts.run.duration - started.duration(to: .now))
    }

    /// Runs a command whose output goes into the task's log as it comes, without the secrets in it.
    /// - Parameter tap: sees the same bytes, in order within a stream.
    func stream(
        _ argv: [String],
        in directory: String? = nil,
        environment: [String: String]? = nil,
        tap: (@Sendable (OutputStream, ArraySlice<UInt8>) -> Void)? = nil
    ) async -> ProcessOutcome {
        let (transcript, heard) = (transcript, context.heard)
        let filter = OutputFilter(context.secrets.patterns)
        let outcome = await runProcess(spec(argv, in: directory, environment)) { stream, bytes in
            // Before it is bounded: a command that talks beyond the cap is not a silent one.
            heard()
            let bytes = filter?.append(stream, bytes) ?? bytes
            tap?(stream, bytes)
            await transcript.append(stream, bytes)
        }
        for (stream, rest) in filter?.finish() ?? [] {
            tap?(stream, rest)
            await transcript.append(stream, rest)
        }
        await transcript.endCommand()
        return outcome
    }

    /// Runs a command whose output is for us.
    func collect(
        _ argv: [String],
        in directory: String? = nil,
        environment: [String: String]? = nil,
        input: [UInt8]? = nil,
        limit: Int = 1 << 20
    ) async -> CollectedOutput {
        var spec = spec(argv, in: directory, environment)
        spec.standardInput = input
        return await collectProcess(spec, limit: limit, heard: context.heard)
    }

    /// Runs a command whose output is bytes for us.
    func read(
        _ argv: [String],
        in directory: String?,
        _ environment: [String: String],
        _ take: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) async -> ProcessOutcome {
        let heard = context.heard
        return await runProcess(spec(argv, in: directory, environment)) { stream, bytes in
            heard()
            if stream == .stdout { take(bytes) }
        }
    }

    /// The failure that an ending means; nil where the command succeeded.
    func failure(
        _ outcome: ProcessOutcome,
        of argv: [String],
        environment: [String: String]? = nil,
        lastWords: String? = nil
    ) async -> HandlerFailure? {
        var words = lastWords
        if words == nil { words = await transcript.lastWords }
        return outcome.failure(
            of: argv,
            timeouts: timeouts,
            isInstalled: argv.first.flatMap { findCommand($0, environment: environment ?? context.environment) } != nil,
            lastWords: words
        )
    }

    /// A line for the log that is not output: what is done, or what a person should know.
    func message(_ text: String, warning: Bool = false) async {
        await context.emit(.message, ["level": .string(warning ? "warning" : "info"), "text": .string(text)])
    }

    /// What the attempt is busy with.
    func progress(_ text: String) async {
        await context.emit(.progress, ["text": .string(text)])
    }

    /// Text for the log in the place of a command's output, as a whole: what is cut up could cut a secret.
    func say(_ text: String) async { await transcript.say(context.secrets.patterns.redacted(text)) }

    /// Beginning and end of all that commands have said into the log; nil where that is nothing.
    var said: String? { get async { await transcript.output } }

    /// A way into the log for text that comes in pieces.
    var streamedText: StreamedText { StreamedText(transcript, without: context.secrets.patterns) }

    private func spec(_ argv: [String], in directory: String?, _ environment: [String: String]?) -> ProcessSpec {
        ProcessSpec(
            argv: argv,
            environment: environment ?? context.environment,
            workingDirectory: directory,
            runTimeout: timeLeft,
            silenceTimeout: timeouts.silence == .zero ? nil : timeouts.silence.duration,
            killGrace: context.killGrace
        )
    }
}

/// A handler that runs commands. It says what becomes of the attempt; streaming, limits and the common members of the
/// result are taken care of.
protocol ProcessHandler: Handler {
    /// Carries out one attempt.
    /// - Returns: the members of the result of a success.
    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject
}

extension ProcessHandler {
    func run(_ context: HandlerContext) async -> HandlerResult {
        await context.carryOut { run async throws(HandlerFailure) in
            HandlerResult(outcome: .succeeded, result: try await carryOut(run))
        }
    }
}

extension HandlerContext {
    /// Runs `body` as an attempt that runs commands: what they say is streamed and kept for `result.output`, and what goes
    /// wrong is the result.
    func carryOut(
        _ body: (AttemptRun) async throws(HandlerFailure) -> HandlerResult
    ) async -> HandlerResult {
        let transcript = Transcript(emit: emit)
        async let _ = transcript.flushWhenDue()
        var result: HandlerResult
        do throws(HandlerFailure) {
            result = try await body(AttemptRun(self, transcript: transcript))
        } catch {
            result = error.handlerResult
        }
        await transcript.finish()
        if result.result["output"] == nil { result.result.append("output", .optional(await transcript.output)) }
        return result
    }
}

/// Runs what must be done even though the attempt was cancelled, such as removing a work tree: a task of its own,
/// awaited at once, because in a cancelled one no command would start.
func uncancelled<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
    await Task { await body() }.value
}
