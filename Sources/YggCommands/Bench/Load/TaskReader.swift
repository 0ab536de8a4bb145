import YggCore

/// Looks at tasks after they were submitted.
struct TaskReader {
    private let connection: LoadConnection
    private let token: String?
    private let stop: StopFlag

    init(port: UInt16, token: String? = nil, stop: StopFlag) throws {
        connection = try LoadConnection(port: port)
        self.token = token
        self.stop = stop
    }

    func task(_ id: String) throws -> JSON { try get("/v1/tasks/\(id)") }

    /// Waits until the task has ended. The coordinator answers when something changed, so waiting costs it nothing.
    /// - Throws: `CommandFailure` where the task did not succeed: such a run measures nothing.
    @discardableResult
    func waitForEnd(of id: String) throws -> JSON {
        var task = try task(id)
        while true {
            switch task["state"]?.stringValue {
            case "succeeded": return task
            case "failed", "cancelled": throw CommandFailure("A task of the benchmark did not succeed: \(task.text)")
            default: task = try get("/v1/tasks/\(id)?wait=30s&index=\(task["version"]?.intValue ?? 0)")
            }
        }
    }

    /// Waits until nothing is queued or running any more.
    func waitUntilDrained() throws {
        while let items = try get("/v1/tasks?state=queued,running&limit=1")["items"]?.arrayValue, !items.isEmpty {
            try stop.sleep(seconds: 0.005)
        }
    }

    /// When the handler's first instruction ran, on the clock of `MonotonicTime`.
    func startedAt(_ id: String) throws -> Int64 { try Self.startedAt(task(id)) }

    static func startedAt(_ task: JSON) throws -> Int64 {
        guard let time = task["result"]?["startedAtNs"]?.intValue else {
            throw CommandFailure("The result of bench-noop does not say when it started: \(task.text)")
        }
        return time
    }

    func get(_ path: String) throws -> JSON {
        let response = try connection.exchange(LoadRequest.get(path, token: token), stop)
        try response.expect(200)
        return try response.json()
    }
}

/// Tasks that were submitted, for the look at their results afterwards.
struct Submissions {
    private var entries: [(id: String, at: Int64)] = []

    /// The most results that are read: enough for a 99th percentile.
    private static let maxRead = 5000

    mutating func add(_ response: LoadResponse, at time: Int64) throws {
        try response.expect(201)
        guard let id = response.taskID else { throw CommandFailure("An answer to a submission names no task.") }
        entries.append((id, time))
    }

    var last: String? { entries.last?.id }

    /// From the submission to the handler's first instruction, of an even selection.
    func pickups(_ reader: TaskReader) throws -> Samples {
        var samples = Samples()
        let step = max(1, entries.count / Self.maxRead)
        for index in stride(from: 0, to: entries.count, by: step) {
            samples.add(try reader.startedAt(entries[index].id) - entries[index].at)
        }
        return samples
    }
}
