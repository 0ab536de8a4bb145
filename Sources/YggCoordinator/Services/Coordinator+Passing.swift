package import YggCore
import YggProtocol
import YggStorage

extension Coordinator {
    /// Writes down that somebody is about to have a service do something, past tasks and their logs.
    package func noteCall(of id: ExecutorID, _ path: String, by author: Author) async throws {
        _ = try service(id)
        let entry = AuditEntry(.serviceCall, by: author, at: machine.time(), executor: id, detail: "POST \(path)")
        try await database.write { tx in try AuditStore.append(entry, in: tx) }
    }

    /// Passes a request on to a service as it is, and its answer back: without the secrets that this process knows, for
    /// whatever a service says may be what it read.
    /// - Parameters:
    ///   - path: one of the service's own, with its query.
    ///   - timeout: until the whole answer is there.
    package func pass(
        _ method: String,
        _ path: String,
        toService id: ExecutorID,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        timeout: Milliseconds = .seconds(10)
    ) async throws -> AgentReply {
        let address = try service(id).service.address
        let request = AgentRequest(
            method: method,
            address: address,
            path: path,
            headers: headers,
            body: body,
            token: settings.agents.token(forService: id, at: address, knowsHousehold: !access.hasKey(id)),
            timeout: timeout,
            maxBytes: settings.limits.body
        )
        return try await answer(to: request, of: "Service \(id)")
    }

    /// The same for an executor that only the configuration gives an address.
    func pass(
        _ method: String,
        _ path: String,
        toFixed id: ExecutorID,
        body: [UInt8]? = nil,
        timeout: Milliseconds = .seconds(10)
    ) async throws -> AgentReply {
        guard let address = settings.agents.fixed[id]?.address else {
            throw Problem.notFound("address of executor \(id)", next: "Name it under executors in yggdrasil.yaml.")
        }
        let request = AgentRequest(
            method: method,
            address: address,
            path: path,
            body: body,
            token: settings.agents.token(forExecutor: id, at: address),
            timeout: timeout,
            maxBytes: settings.limits.body
        )
        return try await answer(to: request, of: "Executor \(id)")
    }

    /// The last lines of an executor's log, from the executor itself.
    package func logs(
        of id: ExecutorID,
        query: String,
        headers: [(String, String)]
    ) async throws -> AgentReply {
        let path = query.isEmpty ? "/logs" : "/logs?\(query)"
        if (try? service(id)) != nil { return try await pass("GET", path, toService: id, headers: headers) }
        guard let address = try executor(id).offer.url.flatMap(AgentAddress.init) else {
            throw Problem(
                status: 409,
                code: "no-address",
                title: "No address",
                detail: "Executor \(id) has not said where its own HTTP is.",
                nextAction: "Look into its log on its machine."
            )
        }
        let request = AgentRequest(
            method: "GET",
            address: address,
            path: path,
            headers: headers,
            token: settings.agents.token(forExecutor: id, at: address, knowsHousehold: !access.hasKey(id)),
            timeout: .seconds(10),
            maxBytes: settings.limits.largeBody
        )
        return try await answer(to: request, of: "Executor \(id)")
    }

    private func answer(to request: AgentRequest, of whom: String) async throws(Problem) -> AgentReply {
        guard let answer = await passedCalls.run({ [link] in await link.send(request) }) else {
            throw Problem(
                status: 503,
                code: "coordinator-stopping",
                title: "Coordinator stopping",
                detail: "The coordinator stops; what was asked of \(whom.lowercased()) may have been done.",
                nextAction: "Ask for its status once the coordinator is back."
            )
        }
        switch answer {
        case .reply(let reply) where !(300..<400).contains(reply.status): return reply
        case .reply(let reply):
            throw .badGateway(
                "\(whom) at \(request.address) answered HTTP \(reply.status), a redirect, which is never followed."
            )
        case .unsent(let reason), .broken(let reason), .tooLarge(let reason):
            throw .badGateway("\(whom) at \(request.address) did not answer: \(reason).")
        }
    }
}

extension Problem {
    fileprivate static func badGateway(_ detail: String) -> Problem {
        Problem(
            status: 502,
            code: "agent-unreachable",
            title: "Agent unreachable",
            detail: detail,
            retryable: true,
            nextAction: "Look whether it runs, and whether its address is one that the coordinator's machine can reach."
        )
    }
}
