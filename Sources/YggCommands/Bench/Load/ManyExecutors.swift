import YggCore

/// Simulated executors that all wait at once, and submitters beside them, in one loop.
final class ManyExecutors {
    private var executors: [SimulatedExecutor]
    private let polls: [LoadConnection]
    private let submitters: [LoadConnection]
    private let stop: StopFlag
    private var freeSubmitters: [Int]
    /// When a task was due to be submitted, and when an answer stated its lease; the one may be known before the other.
    private var due: [String: Int64] = [:]
    private var stated: [String: Int64] = [:]

    private static let submitterCount = 8

    init(_ executors: [SimulatedExecutor], port: UInt16, stop: StopFlag) throws {
        self.executors = executors
        polls = try executors.map { _ in try LoadConnection(port: port) }
        submitters = try (0..<Self.submitterCount).map { _ in try LoadConnection(port: port) }
        freeSubmitters = Array(submitters.indices)
        self.stop = stop
    }

    /// Sends the first poll of every executor, spread over `seconds`.
    func park(seconds: Double) throws {
        let pacer = try Pacer(rate: Double(max(1, executors.count)) / seconds, count: executors.count)
        var next = 0
        let isDone = { next == pacer.count }
        try loop(pacer, until: isDone) { now in
            while next < pacer.count, pacer.due(next) <= now {
                try polls[next].send(executors[next].sync())
                next += 1
            }
        }
    }

    /// Submits tasks by a timetable, and lets the executors take and report them.
    /// - Returns: from when each was due to the answer that stated it to an executor.
    func submit(rate: Double, seconds: Double) throws -> Samples {
        (due, stated) = ([:], [:])
        let request = LoadRequest.submit("bench-noop")
        let pacer = try Pacer(rate: rate, count: max(1, Int(rate * seconds)))
        var next = 0
        let isDone = {
            next == pacer.count && self.due.count == next && self.due.keys.allSatisfy { self.stated[$0] != nil }
        }
        try loop(pacer, until: isDone) { now in
            while next < pacer.count, pacer.due(next) <= now, let free = freeSubmitters.popLast() {
                try submitters[free].send(request, due: pacer.due(next))
                next += 1
            }
        }
        var samples = Samples()
        for (task, time) in due { if let end = stated[task] { samples.add(end - time) } }
        return samples
    }

    /// Serves everybody until `isDone`, calling `turn` after each round.
    private func loop(_ pacer: Pacer, until isDone: () -> Bool, turn: (_ now: Int64) throws -> Void) throws {
        var poller = Poller(polls.map(\.descriptor) + submitters.map(\.descriptor) + [pacer.descriptor])
        while !isDone() {
            let ready = try poller.wait(milliseconds: 60_000, stop)
            guard !ready.isEmpty else { throw CommandFailure("The coordinator did not answer within a minute.") }
            for index in ready {
                if index < polls.count {
                    try servePoll(index)
                } else if index < polls.count + submitters.count {
                    try serveSubmitter(index - polls.count)
                } else {
                    pacer.drain()
                }
            }
            try turn(MonotonicTime.now)
        }
    }

    private func servePoll(_ index: Int) throws {
        guard let response = try polls[index].receive() else { return }
        let now = MonotonicTime.now
        for lease in try executors[index].apply(response) { stated[lease.task.rawValue] = now }
        let isIdle = executors[index].leases.isEmpty
        try polls[index].send(isIdle ? executors[index].sync() : executors[index].report())
    }

    private func serveSubmitter(_ index: Int) throws {
        guard let response = try submitters[index].receive() else { return }
        try response.expect(201)
        if let task = response.taskID { due[task] = submitters[index].startedAt }
        freeSubmitters.append(index)
    }
}
