/// Submitters that each send their next request when the last was answered: what they can do at most.
struct ClosedLoop {
    let connections: [LoadConnection]
    let stop: StopFlag

    init(port: UInt16, connections count: Int, stop: StopFlag) throws {
        connections = try (0..<count).map { _ in try LoadConnection(port: port) }
        self.stop = stop
    }

    /// Sends `request` over all connections until `seconds` have passed, then takes the answers that are missing.
    /// - Parameter onResponse: with the time at which the request was sent and the one at which it was answered.
    /// - Returns: how long it took to the last answer, in seconds, and how many there were.
    @discardableResult
    func run(
        _ request: [UInt8],
        seconds: Double,
        onResponse: (_ response: LoadResponse, _ sent: Int64, _ answered: Int64) throws -> Void
    ) throws -> (seconds: Double, answers: Int) {
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(seconds)
        return try run(onResponse: onResponse) { MonotonicTime.now < deadline ? request : nil }
    }

    /// Sends what `next` makes, as long as it makes something.
    @discardableResult
    func run(
        onResponse: (_ response: LoadResponse, _ sent: Int64, _ answered: Int64) throws -> Void,
        next: () -> [UInt8]?
    ) throws -> (seconds: Double, answers: Int) {
        var poller = Poller(connections.map(\.descriptor))
        let start = MonotonicTime.now
        var underWay = 0
        var answers = 0
        for connection in connections {
            guard let request = next() else { break }
            try connection.send(request)
            underWay += 1
        }
        while underWay > 0 {
            let ready = try poller.wait(milliseconds: 60_000, stop)
            guard !ready.isEmpty else { throw CommandFailure("The coordinator did not answer within a minute.") }
            for index in ready {
                guard let response = try connections[index].receive() else { continue }
                answers += 1
                try onResponse(response, connections[index].startedAt, MonotonicTime.now)
                if let request = next() {
                    try connections[index].send(request)
                } else {
                    underWay -= 1
                }
            }
        }
        return (MonotonicTime.seconds(since: start), answers)
    }
}
