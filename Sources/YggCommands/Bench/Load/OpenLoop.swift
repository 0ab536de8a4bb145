/// Submitters that keep to a timetable, however slow the answers are.
///
/// A request that finds no free connection waits, and its time counts from when it was due: a slow answer does not
/// make the next ones look faster.
struct OpenLoop {
    let connections: [LoadConnection]
    let stop: StopFlag

    init(port: UInt16, connections count: Int, stop: StopFlag) throws {
        connections = try (0..<count).map { _ in try LoadConnection(port: port) }
        self.stop = stop
    }

    /// - Parameter onResponse: with the time at which the request was due and the one at which it was answered.
    /// - Returns: how much later than due the requests were sent.
    func run(
        _ request: [UInt8],
        rate: Double,
        seconds: Double,
        onResponse: (_ response: LoadResponse, _ due: Int64, _ answered: Int64) throws -> Void
    ) throws -> Samples {
        let pacer = try Pacer(rate: rate, count: max(1, Int(rate * seconds)))
        var poller = Poller(connections.map(\.descriptor) + [pacer.descriptor])
        var free = Array(connections.indices)
        var next = 0
        var lateness = Samples()
        while next < pacer.count || free.count < connections.count {
            let ready = try poller.wait(milliseconds: 60_000, stop)
            guard !ready.isEmpty else { throw CommandFailure("The coordinator did not answer within a minute.") }
            for index in ready {
                if index == connections.count {
                    pacer.drain()
                } else if let response = try connections[index].receive() {
                    try onResponse(response, connections[index].startedAt, MonotonicTime.now)
                    free.append(index)
                }
            }
            while next < pacer.count, !free.isEmpty, case let now = MonotonicTime.now, pacer.due(next) <= now {
                lateness.add(now - pacer.due(next))
                try connections[free.removeLast()].send(request, due: pacer.due(next))
                next += 1
            }
        }
        return lateness
    }
}
