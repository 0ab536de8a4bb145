import Glibc
import Synchronization
import YggClient
import YggCore
import YggTorture

/// Submits, repeats and cancels what the workload says, over a link that loses answers, until every submission has been
/// acknowledged.
final class LoadDriver: Sendable {
    private struct Notes {
        var asked: [Asked]
        var observations: [Observation] = []
        var lostAnswers = 0
    }

    private let workload: Workload
    private let transport: HTTPTransport
    private let startedAt: Int64
    /// When nothing is asked for any more, acknowledged or not.
    private let deadline: Int64
    private let log: TortureLog
    private let notes: Mutex<Notes>

    init(_ workload: Workload, url: String, startedAt: Int64, deadline: Int64, log: TortureLog) {
        self.workload = workload
        transport = HTTPTransport(baseURL: url, token: nil)
        self.startedAt = startedAt
        self.deadline = deadline
        self.log = log
        notes = Mutex(Notes(asked: workload.operations.map(Asked.init)))
    }

    var asked: [Asked] { notes.withLock { $0.asked } }
    var observations: [Observation] { notes.withLock { $0.observations } }
    var lostAnswers: Int { notes.withLock { $0.lostAnswers } }
    var acknowledged: Int { notes.withLock { $0.asked.count { !$0.answers.isEmpty } } }

    /// Returns when everything has been acknowledged, or the deadline has passed.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            for operation in workload.operations {
                let at = startedAt + operation.at.rawValue * 1_000_000
                let now = MonotonicTime.now
                if now < at, (try? await Task.sleep(for: .nanoseconds(at - now))) == nil { break }
                group.addTask { [self] in await carryOut(operation) }
            }
        }
        try Task.checkCancellation()
    }

    private func carryOut(_ operation: Operation) async {
        var awaited: String?
        if let after = operation.after {
            awaited = await acknowledgement(of: after)
            if awaited == nil { return }
        }
        guard let id = await submit(operation, after: awaited) else { return }
        if operation.isRepeated { _ = await submit(operation, after: awaited) }
        guard let wait = operation.cancelledAfter, (try? await Task.sleep(for: wait.duration)) != nil else { return }
        await cancel(id, operation)
    }

    private func acknowledgement(of number: Int) async -> String? {
        while MonotonicTime.now < deadline {
            if let id = notes.withLock({ $0.asked[number].answers.first }) { return id }
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { break }
        }
        return nil
    }

    /// Asks until it is answered.
    private func submit(_ operation: Operation, after awaited: String?) async -> String? {
        var body: JSONObject = ["kind": .string(operation.kind), "title": .string(operation.mark)]
        if !operation.params.isEmpty { body.append("params", .object(operation.params)) }
        if let awaited { body.append("dependsOn", [.string(awaited)]) }
        var headers: [(String, String)] = []
        switch operation.identity {
        case .key: headers.append(("idempotency-key", "torture-\(operation.number)"))
        case .ownID: body.append("id", .string("own-\(operation.number)"))
        }
        let answer = await persist { [transport, headers, bytes = JSON.object(body).bytes] in
            try await transport.send(
                method: "POST",
                path: "/v1/tasks",
                headers: headers,
                body: bytes,
                timeout: .seconds(4)
            )
        }
        guard let (reply, askedAt) = answer else { return nil }
        guard reply.status < 300, let json = reply.json,
            let seen = Observation(json, askedAt: askedAt, answeredAt: Instant(nanoseconds: MonotonicTime.now))
        else {
            let text = "\(reply.status) \(String(decoding: reply.body.prefix(300), as: UTF8.self))"
            notes.withLock { $0.asked[operation.number].refusal = text }
            log.write("refused", "\(operation.mark): \(text)")
            return nil
        }
        notes.withLock {
            $0.asked[operation.number].answers.append(seen.task)
            $0.observations.append(seen)
        }
        return seen.task
    }

    private func cancel(_ id: String, _ operation: Operation) async {
        let answer = await persist { [transport] in
            try await transport.send(method: "POST", path: "/v1/tasks/\(id)/cancel", timeout: .seconds(4))
        }
        guard let (reply, _) = answer else { return }
        // 409: it had ended before.
        guard reply.status != 409 else { return }
        notes.withLock {
            if reply.status == 202 || reply.status == 200 {
                $0.asked[operation.number].isCancelled = true
            } else {
                $0.asked[operation.number].refusal = "its cancelling was answered with \(reply.status)"
            }
        }
    }

    /// Sends the same request until there is an answer that does not ask to try again.
    private func persist(
        _ send: @Sendable () async throws -> HTTPReply
    ) async -> (reply: HTTPReply, askedAt: Instant)? {
        while MonotonicTime.now < deadline {
            let askedAt = Instant(nanoseconds: MonotonicTime.now)
            do {
                let reply = try await send()
                if reply.status < 429 || reply.json?["retryable"]?.boolValue != true { return (reply, askedAt) }
            } catch {
                if Task.isCancelled { return nil }
                if (error as? TransportError)?.isUnsent == false { notes.withLock { $0.lostAnswers += 1 } }
            }
            guard (try? await Task.sleep(for: .milliseconds(250))) != nil else { return nil }
        }
        return nil
    }
}
