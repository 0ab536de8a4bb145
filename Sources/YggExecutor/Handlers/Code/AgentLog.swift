import Synchronization
import YggAgent
import YggCore

/// Tells the log of a task what its agent does, and keeps what evidence needs of it.
final class AgentLog: Sendable {
    private struct Said {
        var answer = ""
        var commands: [JSON] = []
    }

    private let run: AttemptRun
    private let said = Mutex(Said())
    /// Of one answer; what a model repeats without end need not be kept.
    private static let longestAnswer = 16 << 10
    private static let mostCommands = 500

    init(_ run: AttemptRun) { self.run = run }

    /// The commands that were run for the model, in order, with their ends.
    var commands: [JSON] { said.withLock { $0.commands } }

    func tell(_ event: AgentEvent) async {
        switch event {
        case .text(let piece):
            run.context.heard()
            said.withLock { said in
                if said.answer.utf8.count < Self.longestAnswer { said.answer += piece }
            }
        case .thinking: run.context.heard()
        case .toolCall(let call):
            await flush()
            await emit(
                .toolCall,
                ["id": .string(call.id), "name": .string(call.name), "arguments": .object(call.arguments)]
            )
        case .toolResult(let call, let result):
            if result.record.argv != nil {
                said.withLock { said in
                    if said.commands.count < Self.mostCommands { said.commands.append(result.record.json) }
                }
            }
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
        let answer = said.withLock { said in
            defer { said.answer = "" }
            return said.answer
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
