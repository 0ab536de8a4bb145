import Dispatch
import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// Both HTTP servers under clients that send anything at all.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct HostileClientTests {
    /// In a round, of which there are two for each seed.
    private static let count = 1000
    /// Pages that the allocator keeps, and tasks that happened to be right. A leak of one request would be more.
    private static let allowedGrowth = 24 << 20

    @Test(arguments: [UInt64.random(in: .min ... .max), 1])
    func `a coordinator answers thousands of hostile requests, fails at none, and works on`(seed: UInt64) async throws {
        try await withUp { ygg, _ in
            let finished = try await ygg.submit(["kind": "bench-noop", "id": "finished"])
            _ = try await ygg.finished(finished)
            try await endure(ygg.address, Self.coordinator, seed: seed, pid: ygg.pid)
            #expect(try await ygg.finished(try await ygg.submit(["kind": "bench-noop"]))["state"] == "succeeded")
            #expect(try await ygg.get("/readyz").status == 200)
            #expect(try await ygg.get("/v1/tasks/finished").json?["state"] == "succeeded")
        }
    }

    @Test(arguments: [UInt64.random(in: .min ... .max), 1])
    func `an executor answers thousands of hostile requests, fails at none, and works on`(seed: UInt64) async throws {
        try await withUp { ygg, _ in
            let address = try #require(ygg.executorAddress)
            try await endure(address, Self.executor, seed: seed, pid: ygg.pid)
            let direct = try await HTTPCall.post("\(address)/execute", ["kind": "bench-noop", "parameters": [:]])
            #expect(direct.status == 200 && direct.json?["outcome"] == "succeeded")
            #expect(try await ygg.finished(try await ygg.submit(["kind": "bench-noop"]))["state"] == "succeeded")
        }
    }

    @Test func `clients that never finish their requests hold nobody up`() async throws {
        try await withUp { ygg, _ in
            let executor = try #require(ygg.executorAddress)
            var slow: [RawConnection] = []
            for address in [ygg.address, executor] {
                for number in 0..<200 {
                    let connection = try RawConnection(to: address)
                    // A head that goes on, and a body that does not come.
                    let head = number.isMultiple(of: 2) ? "GET /livez HTTP/1.1\r\nX: " : Self.promise
                    connection.say(Array(head.utf8))
                    slow.append(connection)
                }
            }
            for _ in 0..<20 {
                for connection in slow { connection.say([UInt8(ascii: "a")]) }
                #expect(try await ygg.get("/livez").status == 200)
                #expect(try await HTTPCall.get("\(executor)/livez").status == 200)
            }
            #expect(try await ygg.finished(try await ygg.submit(["kind": "bench-noop"]))["state"] == "succeeded")
        }
    }

    @Test func `a body that breaks off, or is not what its head says, is the client's fault`() async throws {
        try await withUp { ygg, _ in
            for address in [ygg.address, try #require(ygg.executorAddress)] {
                for request in Self.unreadable(address == ygg.address ? "/v1/tasks" : "/execute") {
                    let connection = try RawConnection(to: address)
                    connection.say(request)
                    connection.finish()
                    let answer = RawAnswer.all(in: connection.hear().bytes).first
                    let shown = String(decoding: request, as: UTF8.self)
                    // Whoever is gone needs no answer; whoever gets one is told whose fault it was.
                    #expect(answer == nil || answer?.status == 400, "\(answer?.status ?? 0) to \(shown)")
                    #expect(answer?.fault == nil, "\(shown)")
                }
            }
            #expect(!ygg.log.contains("request.failed"), "that is no failure of the server")
        }
    }

    private static func unreadable(_ path: String) -> [[UInt8]] {
        let chunked = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
        return ["zz\r\n{}\r\n", "-1\r\n\r\n", "FFFFFFFFFFFFFFFFFFFFF\r\n", "5\r\n{", "\r\n\r\n"].map { body in
            RawRequest.make("POST", path, chunked, nil) + Array(body.utf8)
        } + [
            RawRequest.make("POST", path, ["Content-Type: application/json", "Content-Length: 9"], nil)
                + Array("{".utf8)
        ]
    }

    private static let promise =
        "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"

    // MARK: Enduring

    /// Two equal rounds: what the first one leaves in memory is caches, what the second one adds is a leak.
    private func endure(_ address: String, _ target: HostileTarget, seed: UInt64, pid: Int32) async throws {
        var memory: [Int] = []
        for _ in 0..<2 {
            let complaints = await attack(address, target, seed: seed)
            #expect(complaints.isEmpty, "seed \(seed): \(complaints.prefix(10).joined(separator: "\n"))")
            memory.append(try #require(residentBytes(of: pid), "it has ended"))
        }
        #expect(memory[1] - memory[0] < Self.allowedGrowth, "seed \(seed): \(memory)")
    }

    private func attack(_ address: String, _ target: HostileTarget, seed: UInt64) async -> [String] {
        let workers = 2
        return await withTaskGroup(of: [String].self) { group in
            for worker in 0..<workers {
                group.addTask {
                    var requests = HostileRequests(against: target, seed: seed &+ UInt64(worker))
                    let all = (0..<(Self.count / workers)).map { _ in requests.next() }
                    return await withCheckedContinuation { continuation in
                        // They block, and the cooperative pool has other things to do.
                        DispatchQueue(label: "hostile").async {
                            continuation.resume(returning: all.compactMap { Self.complaint(about: $0, at: address) })
                        }
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// What is wrong with how the server took a request; nil where nothing is.
    private static func complaint(about request: HostileRequest, at address: String) -> String? {
        let shown = String(decoding: request.bytes.prefix(300), as: UTF8.self)
        let connection: RawConnection
        do { connection = try RawConnection(to: address) } catch { return "\(error), before \(request.name): \(shown)" }
        connection.say(request.bytes)
        if request.manner == .hangUp { return nil }
        if request.manner == .brokenOff { connection.finish() }
        let (bytes, isOver) = connection.hear()
        guard isOver else { return "no answer and no end to \(request.name): \(shown)" }
        for answer in RawAnswer.all(in: bytes) {
            // The answer to HEAD has no body.
            if answer.status < 500, request.bytes.starts(with: "HEAD ".utf8) { continue }
            if let fault = answer.fault { return "\(fault) to \(request.name): \(shown)" }
        }
        return nil
    }

    private func residentBytes(of pid: Int32) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    // MARK: Targets

    private static let coordinator = HostileTarget(
        reads: [
            "/livez", "/readyz", "/health", "/info", "/metrics", "/v1/tasks", "/v1/tasks/finished",
            "/v1/tasks/finished/events", "/v1/tasks/finished/why", "/v1/tasks/finished/stream", "/v1/executors",
            "/v1/executors/local", "/v1/executors/local/logs", "/v1/kinds", "/v1/kinds/bench-noop", "/v1/routes",
            "/api/agent-services", "/v1/tasks/finished/artifacts/00",
        ],
        writes: [
            (
                "POST", "/v1/tasks",
                [
                    "kind": "bench-noop", "id": "hostile", "title": "t", "description": "d", "params": [:],
                    "labels": ["a"], "priority": 2, "dependsOn": ["finished"], "onDependencyFailure": "run",
                    "timeouts": ["queueMs": 1, "runMs": 1], "retry": ["maxAttempts": 1], "dedupeKey": "k",
                    "notBefore": "2026-01-01T00:00:00Z", "source": "http",
                ]
            ),
            ("POST", "/v1/tasks:batch", ["tasks": [["kind": "bench-noop"], ["kind": "no-such"]]]),
            ("POST", "/v1/tasks/finished/cancel", [:]), ("POST", "/v1/tasks/nobody/retry", [:]),
            ("POST", "/v1/tasks/finished/requeue", [:]),
            ("PUT", "/v1/tasks/finished/artifacts/\(String(repeating: "0", count: 64))?epoch=1", ["a": 1]),
            (
                "POST", "/v1/executors",
                [
                    "id": "hostile", "instance": "i", "bootId": "b", "protocol": [1, 1], "slots": ["default": 1],
                    "kinds": [["kind": "hostile-work", "description": "none"]], "labels": ["a": "b"], "window": 1,
                    "repositories": ["/r"], "url": "http://127.0.0.1:9", "host": "h", "version": "1",
                ]
            ),
            ("POST", "/v1/executors/local/action", ["action": "dance", "note": "n", "drainTimeoutMs": 1]),
            (
                "POST", "/v1/executors/hostile/sync",
                [
                    "bootId": "b", "storeId": "s", "seen": 1, "held": [["task": "t", "epoch": 1]], "state": "running",
                    "declined": [["task": "t", "epoch": 1, "reason": "r"]], "capacity": ["default": 1],
                ]
            ),
            (
                "POST", "/v1/executors/hostile/reports",
                [
                    "bootId": "b", "storeId": "s", "seen": 1, "held": [],
                    "entries": [["task": "t", "epoch": 1, "n": 1, "final": ["outcome": "succeeded"]]],
                ]
            ),
            (
                "POST", "/api/agent-services/register",
                ["id": "x y", "serviceUrl": "nowhere", "metadata": ["kinds": []]]
            ),
            ("POST", "/api/agent-services/heartbeat", ["id": "nobody", "status": "running", "currentTask": "t"]),
            ("POST", "/api/agent-services/nobody/execute", ["kind": "k", "timeoutMs": 1]),
            ("POST", "/api/agent-services/nobody/action", ["action": "pause"]),
        ]
    )

    private static let executor = HostileTarget(
        reads: ["/livez", "/readyz", "/health", "/info", "/metrics", "/status", "/logs"],
        writes: [
            (
                "POST", "/execute",
                ["kind": "bench-noop", "parameters": [:], "timeoutMs": 1000, "task": "t", "epoch": 1]
            ),
            ("POST", "/execute", ["kind": "git-log", "parameters": ["repo": "/nowhere", "limit": 1]]),
            (
                "POST", "/action",
                ["action": "dance", "note": "n", "until": "2026-01-01T00:00:00Z", "drainTimeoutMs": 1, "by": "x"]
            ),
        ]
    )
}

extension RawAnswer {
    /// What no hostile request may be answered with. 503 and 507 say that a server cannot just now, which no request
    /// of one client brings about here.
    var fault: String? {
        if status >= 500 { return "status \(status), \(String(decoding: body.prefix(300), as: UTF8.self))," }
        guard status >= 400, let type = header("content-type"), type.contains("json") else { return nil }
        guard type.hasPrefix("application/problem+json"), let problem = try? JSON(parsing: body),
            problem["code"]?.stringValue?.isEmpty == false, problem["detail"]?.stringValue?.isEmpty == false,
            problem["status"]?.intValue == Int64(status)
        else { return "a \(status) that is no problem, \(String(decoding: body.prefix(300), as: UTF8.self))," }
        return nil
    }
}
