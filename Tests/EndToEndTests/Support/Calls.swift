import Testing
import YggClient
import YggCore
import YggProcess

/// An answer to a call.
struct Answer {
    let status: Int
    let headers: [(String, String)]
    let json: JSON?
    let body: [UInt8]

    func header(_ name: String) -> String? { headers.first { $0.0.lowercased() == name.lowercased() }?.1 }

    /// The `code` of a problem.
    var code: String? { json?["code"]?.stringValue }
}

extension RunningYgg {
    func call(
        _ method: String,
        _ path: String,
        _ body: JSON? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        let reply = try await HTTPTransport(baseURL: address, token: nil).send(
            method: method,
            path: path,
            headers: headers,
            body: body?.bytes,
            timeout: .seconds(60)
        )
        return Answer(status: reply.status, headers: reply.headers, json: reply.json, body: reply.body)
    }

    func get(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
        try await call("GET", path, headers: headers)
    }

    func post(_ path: String, _ body: JSON? = nil, headers: [(String, String)] = []) async throws -> Answer {
        try await call("POST", path, body, headers: headers)
    }

    /// Submits a task and expects it to be taken.
    func submit(_ body: JSON) async throws -> String {
        let answer = try await post("/v1/tasks", body)
        try #require(
            answer.status == 201,
            "submit answered \(answer.status): \(String(decoding: answer.body, as: UTF8.self))"
        )
        return try #require(answer.json?["id"]?.stringValue)
    }

    /// The task as soon as `isReached` holds, watched by its version.
    func task(_ id: String, until isReached: (JSON) -> Bool) async throws -> JSON {
        var task = try #require(try await get("/v1/tasks/\(id)").json)
        while !isReached(task) {
            let version = task["version"]?.intValue ?? 0
            let answer = try await get("/v1/tasks/\(id)?wait=30s&index=\(version)")
            task = try #require(answer.json)
        }
        return task
    }

    func finished(_ id: String) async throws -> JSON {
        try await task(id) { ["succeeded", "failed", "cancelled"].contains($0["state"]?.stringValue ?? "") }
    }

    func state(_ id: String, is state: String) async throws -> JSON {
        try await task(id) { $0["state"]?.stringValue == state }
    }

    /// Returns as soon as the task's stream has shown `text`.
    func waitForStream(of id: String, toShow text: String) async {
        // Not a pipeline: that would wait for curl, which learns only with the next keep-alive that nobody reads.
        let script = "grep -q -m 1 -- '\(text)' < <(exec curl -sN '\(address)/v1/tasks/\(id)/stream' 2>/dev/null)"
        _ = await collect(["bash", "-c", script])
    }

    /// Runs `ygg` as a person would, against this one.
    func cli(_ arguments: String..., directory: String? = nil) async -> CollectedOutput {
        await collectProcess(Self.command(arguments, at: address, in: directory), limit: 32 << 20)
    }

    /// Starts `ygg` as a person would, and returns as soon as it has said something, or has ended.
    /// - Parameter relay: by which it reaches this one.
    /// - Returns: its output, once it has ended. That it does at the latest with its time limit, not with the test.
    func watcher(_ arguments: String..., through relay: Relay? = nil) async -> Task<CollectedOutput, Never> {
        let spec = Self.command(arguments, at: relay?.address ?? address)
        let (words, said) = AsyncStream.makeStream(of: Void.self)
        let run = Task {
            defer { said.finish() }
            return await collectProcess(spec, limit: 32 << 20) { said.yield() }
        }
        for await _ in words { break }
        return run
    }

    private static func command(_ arguments: [String], at address: String, in directory: String? = nil) -> ProcessSpec {
        ProcessSpec(
            argv: [binary] + arguments,
            environment: childEnvironment.merging(["YGG_COORDINATOR": address]) { $1 },
            workingDirectory: directory,
            runTimeout: .seconds(120)
        )
    }

    /// All output of one stream of a finished task, from its log.
    func output(of id: String) async throws -> String {
        var text = ""
        var after = "0"
        while true {
            let page = try #require(try await get("/v1/tasks/\(id)/events?limit=1000&after=\(after)").json)
            for event in page["items"]?.arrayValue ?? [] where event["type"] == "output" {
                text += event["data"]?["text"]?.stringValue ?? ""
            }
            guard let next = page["nextCursor"]?.stringValue else { return text }
            after = next
        }
    }
}

/// Runs a tool that somebody else made.
func tool(_ argv: String..., directory: String? = nil, environment: [String: String] = [:]) async -> CollectedOutput {
    await collectProcess(
        ProcessSpec(
            argv: argv,
            environment: RunningYgg.childEnvironment.merging(environment) { $1 },
            workingDirectory: directory,
            runTimeout: .seconds(120)
        ),
        limit: 64 << 20
    )
}

/// The standard output of a tool.
func collect(_ argv: [String]) async -> String {
    await collectProcess(
        ProcessSpec(argv: argv, environment: RunningYgg.childEnvironment, runTimeout: .seconds(240)),
        limit: 64 << 20
    ).stdout
}

/// A call to any address.
enum HTTPCall {
    static func get(_ url: String) async throws -> Answer { try await send("GET", url, nil) }
    static func post(_ url: String, _ body: JSON) async throws -> Answer { try await send("POST", url, body) }

    private static func send(_ method: String, _ url: String, _ body: JSON?) async throws -> Answer {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        let reply = try await HTTPTransport(baseURL: parts.prefix(3).joined(separator: "/"), token: nil).send(
            method: method,
            path: "/\(parts.dropFirst(3).joined())",
            headers: [],
            body: body?.bytes,
            timeout: .seconds(60)
        )
        return Answer(status: reply.status, headers: reply.headers, json: reply.json, body: reply.body)
    }
}
