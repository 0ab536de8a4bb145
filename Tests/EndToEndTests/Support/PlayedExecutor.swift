import Testing
import YggCore

/// An executor that the test plays word for word: it says what it is told to, also what no real one would.
struct PlayedExecutor {
    private(set) var ygg: RunningYgg
    let id: String
    let boot: String
    let store: String
    var seen: Int64 = 0

    /// Registers with one kind.
    init(
        _ id: String,
        kind: String,
        boot: String = "boot-1",
        slots: Int64 = 1,
        at ygg: RunningYgg
    ) async throws {
        self.ygg = ygg
        self.id = id
        self.boot = boot
        let answer = try await ygg.post(
            "/v1/executors",
            [
                "id": .string(id), "instance": "i-1", "bootId": .string(boot), "protocol": [1, 1],
                "slots": ["default": .int(slots)],
                "kinds": [["kind": .string(kind), "description": "played by a test"]],
                "phases": ["plan", "run", "land"],
            ]
        )
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        store = try #require(answer.json?["storeId"]?.stringValue)
    }

    /// The leases that the answer states.
    mutating func sync(held: [JSON] = [], state: String = "running") async throws -> [JSON] {
        let answer = try await ygg.post(
            "/v1/executors/\(id)/sync",
            [
                "bootId": .string(boot), "storeId": .string(store), "seen": .int(seen), "state": .string(state),
                "held": .array(held),
            ]
        )
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        seen = try #require(answer.json?["rev"]?.intValue)
        return try #require(answer.json?["leases"]?.arrayValue)
    }

    /// A stated lease as an executor names it.
    static func key(_ lease: JSON) -> JSON { ["task": lease["task"] ?? .null, "epoch": lease["epoch"] ?? .null] }

    /// The same process, which finds its coordinator elsewhere.
    func moved(to ygg: RunningYgg) -> PlayedExecutor {
        var copy = self
        copy.ygg = ygg
        return copy
    }

    /// Reports that leases have succeeded, each in its first entry.
    func finish(_ leases: [JSON], holding held: [JSON]) async throws {
        let entries = leases.map { lease -> JSON in
            [
                "task": lease["task"] ?? .null, "epoch": lease["epoch"] ?? .null, "n": 1,
                "final": ["outcome": "succeeded"],
            ]
        }
        let answer = try await ygg.post(
            "/v1/executors/\(id)/reports",
            [
                "bootId": .string(boot), "storeId": .string(store), "seen": .int(seen), "held": .array(held),
                "entries": .array(entries),
            ]
        )
        let verdicts = answer.json?["verdicts"]?.arrayValue ?? []
        try #require(verdicts.count == leases.count && verdicts.allSatisfy { $0["upTo"] == 1 }, "\(verdicts.prefix(3))")
    }

    /// The verdict on what is said of one lease.
    /// - Parameter held: what it holds at that time; nil is the lease alone.
    func report(_ lease: JSON, n: Int64, _ body: (String, JSON), held: [JSON]? = nil) async throws -> JSON {
        try await report(lease, from: n, [body], held: held)
    }

    /// The verdict on many entries of one lease, told at once.
    func report(_ lease: JSON, from n: Int64, _ bodies: [(String, JSON)], held: [JSON]? = nil) async throws -> JSON {
        let held = (held ?? [lease]).map(Self.key)
        let entries = bodies.enumerated().map { index, body -> JSON in
            [
                "task": lease["task"] ?? .null, "epoch": lease["epoch"] ?? .null, "n": .int(n + Int64(index)),
                body.0: body.1,
            ]
        }
        let answer = try await ygg.post(
            "/v1/executors/\(id)/reports",
            [
                "bootId": .string(boot), "storeId": .string(store), "seen": .int(seen),
                "held": .array(held), "entries": .array(entries),
            ]
        )
        try #require(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
        return try #require(answer.json?["verdicts"]?.arrayValue?.first)
    }
}
