import Synchronization
import YggAgent
import YggCore

/// Asks a model one question. What it says is output, as it says it.
struct LLMPrompt: ModelHandler {
    let spec: KindSpec
    let models: ModelDirectory

    /// How often a model that has not begun to answer is said to be waited for, so that loading one is no silence.
    private static let reminder = Duration.seconds(60)

    func ask(_ choice: ModelChoice, _ run: AttemptRun) async throws -> JSONObject {
        let meter = PullMeter()
        let provider = choice.gated(
            onPlace: { await run.progress($0) },
            onPull: { if meter.isWorthTelling($0) { await run.progress($0, of: choice.name) } }
        )
        let words = run.streamedText
        let reply = Mutex(ModelReply())
        do {
            try await withReminders(of: choice, run) { began in
                try await provider.reply(to: request(run.context.params, choice)) { event in
                    run.context.heard()
                    began()
                    reply.withLock { $0.take(event) }
                    switch event {
                    case .text(let piece): await words.append(piece)
                    case .retrying(let failure, let pause):
                        await run.message("\(failure.detail) It is asked again in \(pause.text).", warning: true)
                    case .thinking, .toolCall, .usage, .end: break
                    }
                }
            }
        } catch {
            await words.finish()
            throw error
        }
        await words.finish()
        return result(reply.withLock { $0 }, choice, run)
    }

    private func request(_ params: JSONObject, _ choice: ModelChoice) -> ModelRequest {
        ModelRequest(
            model: choice.model,
            system: params["system"]?.stringValue ?? "",
            messages: [.user(params["prompt"]?.stringValue ?? "")],
            format: params["format"],
            options: ModelOptions(
                temperature: params["temperature"]?.numberValue,
                maxOutputTokens: params["maxTokens"]?.intValue
            )
        )
    }

    private func result(_ reply: ModelReply, _ choice: ModelChoice, _ run: AttemptRun) -> JSONObject {
        let output = run.context.secrets.patterns.redacted(reply.text)
        var result: JSONObject = [
            "summary": .string(summary(reply, choice)), "output": .string(output), "model": .string(choice.name),
        ]
        result.append("promptTokens", .optional(reply.usage.promptTokens))
        result.append("outputTokens", .optional(reply.usage.outputTokens))
        result.append("tokensPerSecond", reply.usage.tokensPerSecond.map { .double(($0 * 10).rounded() / 10) })
        result.append("loadMs", .int(reply.usage.loadMs.rawValue))
        result.append("promptMs", .int(reply.usage.promptMs.rawValue))
        result.append("outputMs", .int(reply.usage.outputMs.rawValue))
        // One that was cut off is an answer all the same, but nobody should take it for a whole one.
        if reply.end == .length { result.append("cutOff", true) }
        return result
    }

    private func summary(_ reply: ModelReply, _ choice: ModelChoice) -> String {
        var summary = choice.identity.isScripted ? "Scripted answer of \(choice.name)" : "Answer of \(choice.name)"
        if let tokens = reply.usage.outputTokens { summary += ", \(tokens) tokens" }
        if let speed = reply.usage.tokensPerSecond { summary += " at \(Int64(speed.rounded())) a second" }
        if reply.end == .length { summary += ", cut off at its longest length" }
        return summary
    }

    /// Says now and then that the model is waited for, until it begins.
    private func withReminders(
        of choice: ModelChoice,
        _ run: AttemptRun,
        _ body: (_ began: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        let reminders = Task {
            var waited = Duration.zero
            while true {
                try await Task.sleep(for: Self.reminder)
                waited += Self.reminder
                await run.progress("Waits for \(choice.name) since \(waited.components.seconds / 60) min")
            }
        }
        defer { reminders.cancel() }
        try await body { reminders.cancel() }
    }
}

/// Lets through what a person would want to see of a fetch that reports every layer several times a second.
final class PullMeter: Sendable {
    private let told = Mutex<(status: String, percent: Int64)>(("", -1))

    func isWorthTelling(_ progress: PullProgress) -> Bool {
        let percent = progress.completedBytes / max(1, progress.totalBytes / 100)
        return told.withLock { told in
            // Layers come side by side, and their names say nothing.
            let status = progress.status.hasPrefix("pulling ") && progress.totalBytes > 0 ? "pulling" : progress.status
            guard told.status != status || percent > told.percent else { return false }
            told = (status, max(percent, told.percent))
            return true
        }
    }
}
