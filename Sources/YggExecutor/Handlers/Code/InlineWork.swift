import Synchronization
import YggAgent
import YggCore

/// Work on code that came with the task, without a repository. Nothing of it lands anywhere.
struct InlineWork {
    let kind: CodeKind
    let choice: ModelChoice
    let run: AttemptRun

    func result() async throws(HandlerFailure) -> HandlerResult {
        let folder = SessionFolder(run.context)
        do throws(HandlerFailure) {
            let result = try await result(in: folder)
            await folder.remove(run.context)
            return result
        } catch {
            await folder.remove(run.context)
            throw error
        }
    }

    private func result(in folder: SessionFolder) async throws(HandlerFailure) -> HandlerResult {
        let root = "\(folder.path)/work"
        do { try LocalFiles.makeDirectory(root, mode: 0o700) } catch { throw .unusableWorkspace(root, error) }
        let setting = try await folder.setting(root: root, gitDirectory: nil, run.context)
        do {
            let answer = try await InlineCode(kind, params: run.context.params, setting).answer { try await ask($0) }
            return HandlerResult(outcome: .succeeded, result: members(of: answer))
        } catch let failure as InlineFailure {
            throw HandlerFailure(code: failure.code, detail: failure.detail, retryable: false)
        } catch let failure as ModelFailure {
            throw HandlerFailure(failure, from: choice)
        } catch is CancellationError {
            throw .cancelled()
        } catch {
            throw HandlerFailure(code: "workspace-unusable", detail: "\(error)", retryable: true)
        }
    }

    private func members(of answer: InlineAnswer) -> JSONObject {
        var result = answer.result
        if answer.questions > 0 {
            result.append("model", .string(choice.name))
            for member in choice.whoAnswered.members { result.append(member.key, member.value) }
        }
        if !answer.commands.isEmpty { result.append("commands", .array(answer.commands.map(\.json))) }
        return result
    }

    /// One whole answer.
    private func ask(_ messages: [ModelMessage]) async throws -> String {
        let meter = PullMeter()
        let provider = choice.gated(
            onPlace: { await run.progress($0) },
            onPull: { if meter.isWorthTelling($0) { await run.progress($0, of: choice.name) } }
        )
        let reply = Mutex(ModelReply())
        await run.progress("Asks \(choice.name)")
        try await provider.reply(to: ModelRequest(model: choice.model, messages: messages)) { event in
            run.context.heard()
            reply.withLock { $0.take(event) }
        }
        return reply.withLock { $0.text }
    }
}
