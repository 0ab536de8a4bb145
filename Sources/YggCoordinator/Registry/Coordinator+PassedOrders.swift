import Logging
import YggCore
import YggProtocol

/// Those who are called never ask what they shall do, so nothing can stand for them: an order is handed to them at once,
/// or not at all.
extension Coordinator {
    /// Hands an order to a service or an executor at a fixed address, as `POST /action` of its own.
    /// - Throws: a problem where it is not reached, or does not agree.
    func pass(_ order: Lifecycle.Order, to id: ExecutorID, _ nature: Forwarder.Nature) async throws -> ExecutorView {
        var body = order.request
        // What a stranger's agent is promised has no such member.
        if nature == .service { body["by"] = nil }
        let reply: AgentReply
        switch nature {
        case .service: reply = try await pass("POST", "/action", toService: id, body: body.bytes)
        case .fixed: reply = try await pass("POST", "/action", toFixed: id, body: body.bytes)
        }
        guard (200..<300).contains(reply.status) else { throw Problem.refused(order, by: id, reply) }
        let state = order.state(toldBy: reply)
        withControl { control, work in
            control.forward(.agreed(id, state), now: machine.now(), into: &work)
            guard control.executors[id].map({ $0.state != .lost }) ?? false else { return }
            let account = LifecycleAccount(
                state: state,
                since: machine.time(),
                by: state == .running ? nil : order.by,
                why: state == .running ? nil : order.why,
                until: state == .running ? nil : order.until
            )
            control.hear(account, of: id, now: machine.now(), at: machine.time(), into: &work)
        }
        return try executor(id)
    }
}

extension Lifecycle.Order {
    /// How an agent is that agreed to the order: as it says, or as was asked of it.
    fileprivate func state(toldBy reply: AgentReply) -> ExecutorState {
        let told = AgentStatus.state(reply.json?["status"]?.stringValue)
        guard told == .running else { return told }
        switch action {
        case .resume: return .running
        case .pause, .drain: return .paused
        case .stop, .restart: return .stopping
        }
    }
}

extension Problem {
    fileprivate static func refused(_ order: Lifecycle.Order, by id: ExecutorID, _ reply: AgentReply) -> Problem {
        let isItsOwnWord = (400..<500).contains(reply.status)
        return Problem(
            status: isItsOwnWord ? 409 : 502,
            code: isItsOwnWord ? "agent-refused" : "agent-failed",
            title: isItsOwnWord ? "Agent refused" : "Agent failed",
            detail: "\(id) was asked to \(order.action.rawValue) and answered \(reply.summary).",
            retryable: !isItsOwnWord,
            nextAction: isItsOwnWord
                ? "Ask for something that it can do, or see to it on its machine."
                : "Try again; if it stays, look into its log.",
            retryAfter: reply.retryAfter.map { Int($0.rawValue / 1000) }
        )
    }
}
