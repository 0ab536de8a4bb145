/// Tasks from their submission to their stored result, as fast as submitters in a closed loop can.
struct EndToEndLoad {
    struct Result {
        /// From the first submission until nothing was queued or running.
        var seconds: Double
        var submitted: (seconds: Double, answers: Int)
        var acks: Samples
        var submissions: Submissions

        /// Tasks a second.
        var rate: Double { Double(submitted.answers) / seconds }
    }

    let reader: TaskReader
    private let loop: ClosedLoop
    private let request: [UInt8]

    init(_ fleet: BenchFleet, kind: String, submitters: Int, stop: StopFlag) throws {
        reader = try TaskReader(port: fleet.port, token: fleet.token, stop: stop)
        loop = try ClosedLoop(port: fleet.port, connections: submitters, stop: stop)
        request = LoadRequest.submit(kind, token: fleet.token)
    }

    /// Submits for so many seconds, then waits until the last task has ended.
    func run(seconds: Double) throws -> Result {
        var (acks, submissions) = (Samples(), Submissions())
        let start = MonotonicTime.now
        let submitted = try loop.run(request, seconds: seconds) { response, sent, answered in
            try submissions.add(response, at: sent)
            acks.add(answered - sent)
        }
        if let last = submissions.last { try reader.waitForEnd(of: last) }
        try reader.waitUntilDrained()
        return Result(
            seconds: MonotonicTime.seconds(since: start),
            submitted: submitted,
            acks: acks,
            submissions: submissions
        )
    }
}
