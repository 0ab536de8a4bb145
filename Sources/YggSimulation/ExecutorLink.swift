import YggCore
import YggExecutor
import YggProtocol

/// The way from one executor's process to the coordinator.
final class ExecutorLink: CoordinatorLink, @unchecked Sendable {
    private typealias Outcome = Result<JSON, LinkError>

    private struct Call {
        var continuation: CheckedContinuation<Outcome, Never>
        var timer: TimerQueue.ID
        var sentAt: Instant
    }

    private unowned let process: ExecutorProcess
    private var calls: [Int: Call] = [:]
    private var lastCall = 0
    /// What this process knows to be acknowledged, by the store that it serves.
    private var acknowledged: [LeaseKey: Int64] = [:]

    init(_ process: ExecutorProcess) { self.process = process }

    func send(path: String, body: [UInt8], timeout: Milliseconds) async throws(LinkError) -> JSON {
        lastCall += 1
        let number = lastCall
        let outcome: Outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let timer = process.threads[0].schedule(after: timeout) { [self] in
                    hangUp(number, .unreachable("no answer in time"))
                }
                calls[number] = Call(continuation: continuation, timer: timer, sentAt: process.world.now)
                if process.isDead || Task.isCancelled {
                    hangUp(number, .unreachable("it was given up"))
                } else {
                    upload(path, body, number)
                }
            }
        } onCancel: {
            hangUp(number, .unreachable("it was given up"))
        }
        return try outcome.get()
    }

    /// The process is gone, and its connections with it.
    func close() {
        for number in calls.keys.sorted() { hangUp(number, .unreachable("the process has ended")) }
    }

    private func upload(_ path: String, _ body: [UInt8], _ number: Int) {
        let fleet = process.fleet
        let request = CoordinatorRequest(
            from: process.id,
            process: process,
            number: number,
            path: path,
            body: body,
            acknowledged: acknowledged
        )
        fleet.network.carry(request.name, .up, of: process.machine.name) { [process] in
            fleet.coordinator.receive(request) { reply in
                let generation = fleet.coordinator.generation
                fleet.network.carry("the answer to \(request.name)", .down, of: process.machine.name) { [weak self] in
                    self?.receive(reply, to: number, path, from: generation)
                }
            }
        }
    }

    /// - Parameter generation: of the store that answered.
    private func receive(_ reply: CoordinatorReply, to number: Int, _ path: String, from generation: Int) {
        guard let call = calls.removeValue(forKey: number), !process.isDead else { return }
        process.threads[0].cancel(call.timer)
        process.world.mark(Int64(number))
        switch reply {
        case .refused: call.continuation.resume(returning: .failure(.unreachable("nobody listens there")))
        case .answered(let status, let bytes):
            guard let json = try? JSON(parsing: bytes) else {
                return call.continuation.resume(returning: .failure(.unreachable("the answer is not JSON")))
            }
            guard status == 200 else {
                return call.continuation.resume(returning: .failure(.refused(Problem(status: status, body: json))))
            }
            process.contact.heard(call.sentAt, at: process.world.now)
            if path == "/v1/executors", process.generation != generation {
                process.generation = generation
                acknowledged = [:]
            }
            if process.generation == generation { learn(json) }
            call.continuation.resume(returning: .success(json))
        }
    }

    private func learn(_ answer: JSON) {
        for verdict in answer["verdicts"]?.arrayValue ?? [] {
            guard let task = verdict["task"]?.stringValue, let epoch = verdict["epoch"]?.intValue,
                let upTo = verdict["upTo"]?.intValue
            else { continue }
            acknowledged[LeaseKey(task: TaskID(trusted: task), epoch: epoch), default: 0].raise(to: upTo)
        }
    }

    /// Nobody waits for the answer any more; the coordinator may notice.
    private func hangUp(_ number: Int, _ error: LinkError) {
        guard let call = calls.removeValue(forKey: number) else { return }
        process.threads[0].cancel(call.timer)
        let fleet = process.fleet
        let (id, boot) = (process.id, process.boot)
        fleet.network.carry("a closed connection", .up, of: process.machine.name) {
            fleet.coordinator.hangUp(id, boot, number)
        }
        call.continuation.resume(returning: .failure(error))
    }
}

extension Int64 {
    fileprivate mutating func raise(to other: Int64) { self = Swift.max(self, other) }
}
