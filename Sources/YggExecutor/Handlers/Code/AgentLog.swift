import Synchronization
import YggAgent
import YggCore

/// Tells the log of a task what its agent does.
final class AgentLog: Sendable {
    private let run: AttemptRun
    private let answer = Mutex("")
    /// Of one answer; what a model repeats without end need not be kept.
    private static let longestAnswer = 16 << 10

    init(_ run: AttemptRun) { self.run = run }

    func tell(_ event: AgentEvent) async {
        run.context.agents.note(event, of: run.context.key.task)
        switch event {
        case .text(let piece):
            run.context.heard()
            answer.withLock { answer in
                if answer.utf8.count < Self.longestAnswer { answer += piece }
            }
        case .thinking: run.context.heard()
        case .toolCall(let call):
            await flush()
            await emit(
                .toolCall,
                ["id": .string(call.id), "name": .string(call.name), "arguments": .object(call.arguments)]
            )
        case .toolResult(let call, let result):
            await emit(
                .toolResult,
                [
                    "id": .string(call.id), "name": .string(call.name), "isError": .bool(result.isError),
                    "text": .string(result.text), "record": result.record.json,
                ]
            )
        case .progress(let progress):
            await flush()
            await emit(.progress, progress.data)
        case .place(let place): await run.progress(place)
        case .retrying(let failure, let pause):
            await run.message("\(failure.detail) It is asked again in \(pause.text).", warning: true)
        case .verdict(let verdict):
            await flush()
            await run.message(verdict.sentence, warning: verdict.worth == .broken)
        case .checkpoint: break
        }
    }

    /// An answer comes in pieces and is told whole.
    func flush() async {
        let answer = answer.withLock { answer in
            defer { answer = "" }
            return answer
        }
        guard answer.contains(where: { !$0.isWhitespace }) else { return }
        await emit(.message, ["level": "info", "from": "model", "text": .string(answer)])
    }

    /// Somebody else's words: a model may repeat whatever it has read.
    private func emit(_ type: EventType, _ data: JSONObject) async {
        let patterns = run.context.secrets.patterns
        await run.context.emit(type, patterns.isEmpty ? data : patterns.redacted(data))
    }
}

extension AgentProgress {
    fileprivate var data: JSONObject {
        let what =
            switch activity {
            case .preparing: "prepares"
            case .checkingBase: "checks the base"
            case .thinking: "asks \(model)"
            case .working: "works"
            case .verifying: "checks the work"
            case .restoring: "goes back to a better state"
            }
        return [
            "text": .string(step == 0 ? "The agent \(what)" : "Step \(step) of \(maxSteps): \(what)"),
            "step": .int(Int64(step)), "maxSteps": .int(Int64(maxSteps)), "model": .string(model),
            "activity": .string(activity.rawValue),
        ]
    }
}

extension Verdict {
    /// What became of the checks, for a person.
    var sentence: String {
        let commands = steps.map { step in
            "\(step.step.argv.joined(separator: " ")): \(step.passed ? "passed" : step.ended ?? "failed")"
        }
        let list = commands.isEmpty ? "" : " (\(commands.joined(separator: "; ")))"
        return switch worth {
        case .verified: "The checks say that nothing fails that did not fail before\(list)."
        case .unverified(let sentence): "Unverified: \(sentence)"
        case .broken: "\(counted(newFailures, "thing fails", "things fail")) that did not fail before\(list)."
        }
    }
}
