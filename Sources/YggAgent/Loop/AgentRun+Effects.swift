import Synchronization
import YggCore

extension AgentRun {
    /// Does what the loop asks for.
    /// - Returns: what came of it.
    /// - Throws: `SessionError`, or `CancellationError`.
    func perform(
        _ effect: AgentLoop.Effect,
        _ session: inout AgentSession,
        _ time: inout SessionClock
    ) async throws -> AgentLoop.Input {
        switch effect {
        case .describeModel:
            await tell(.preparing, session.loop)
            return try await askingModel { .described(try await parts.provider.info(of: session.loop.task.model)) }
        case .checkBase:
            await tell(.checkingBase, session.loop)
            do {
                return try await atWork { .baseChecked(try await parts.verifying.base()) }
            } catch let failure as BaseFailure {
                return .baseFailed(failure)
            }
        case .save(let label):
            let input = try await atWork { .saved(try await parts.checkpoints.save(label)) }
            if case .saved(let name) = input { await tell(.checkpoint(name)) }
            return input
        case .ask(let request): return try await ask(request, session.loop, &time)
        case .run(let call): return try await run(call, &session, time)
        case .verify:
            await tell(.verifying, session.loop)
            let input = try await atWork { .verified(try await parts.verifying.check()) }
            if case .verified(let verdict) = input { await tell(.verdict(verdict)) }
            return input
        case .restore(let checkpoint):
            await tell(.restoring, session.loop)
            return try await atWork {
                try await parts.checkpoints.restore(checkpoint)
                return .restored
            }
        case .finish: throw CancellationError()
        }
    }

    private func askingModel(_ body: () async throws -> AgentLoop.Input) async throws -> AgentLoop.Input {
        do {
            return try await body()
        } catch let failure as ModelFailure {
            try Task.checkCancellation()
            return .modelFailed(failure)
        }
    }

    /// What the workspace throws is told to the loop, unless it is one of our own words.
    private func atWork(_ body: () async throws -> AgentLoop.Input) async throws -> AgentLoop.Input {
        do {
            return try await body()
        } catch let error as BaseFailure {
            throw error
        } catch {
            try Task.checkCancellation()
            if error is CancellationError { throw error }
            return .workspaceFailed("\(error)")
        }
    }

    // MARK: - The model

    private func ask(
        _ request: ModelRequest,
        _ loop: AgentLoop,
        _ time: inout SessionClock
    ) async throws -> AgentLoop.Input {
        await tell(.thinking, loop)
        let said = Said()
        let asked = clock()
        var waited = Milliseconds.zero
        defer { time.leaveOut(waited) }
        return try await askingModel {
            try await parts.desk.pass(model: request.model) { place in
                await tell(.place(place))
            } _: {
                waited = clock() - asked
                try await answer(request, within: loop.timeLeft, said)
            }
            var ids = CallIDs(SeededRandom(seed: .random(in: .min ... .max)))
            let reply = said.reply
            return .answered(loop.reader.read(reply, ids: &ids), reply.usage)
        }
    }

    /// The answer, unless the session's time is over before it.
    private func answer(_ request: ModelRequest, within limit: Milliseconds, _ said: Said) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await self.parts.provider.reply(to: request) { event in
                    said.take(event)
                    switch event {
                    case .text(let text): await self.tell(.text(text))
                    case .thinking(let text): await self.tell(.thinking(text))
                    case .retrying(let failure, let pause): await self.tell(.retrying(failure, after: pause))
                    case .toolCall, .usage, .end: break
                    }
                }
            }
            group.addTask {
                try await Task.sleep(for: limit.duration)
                throw ModelFailure(
                    .tookTooLong,
                    "The time of the session was over before \(request.model) had answered.",
                    at: ModelPlace(model: request.model, endpoint: self.parts.provider.identity.endpoint)
                )
            }
            // Whoever is first decides.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// An answer while it is said.
    private final class Said: Sendable {
        private let state = Mutex(ModelReply())

        var reply: ModelReply { state.withLock { $0 } }

        func take(_ event: ModelEvent) { state.withLock { $0.take(event) } }
    }

    // MARK: - Tools

    private func run(
        _ call: ToolCall,
        _ session: inout AgentSession,
        _ time: SessionClock
    ) async throws -> AgentLoop.Input {
        // What only looks may be looked at twice, and need not be written down before.
        if call.changesSomething {
            session.note(.callBegan(id: call.id), at: time.now)
            try await session.file.flush()
        }
        await tell(.toolCall(call))
        let result = await parts.toolbox.run(call)
        // A command that was ended with us has no result: it was interrupted.
        try Task.checkCancellation()
        await tell(.toolResult(call, result))
        return .called(id: call.id, result)
    }
}

extension ToolCall {
    var changesSomething: Bool { !isRepeatable || name == "write_file" }
}
