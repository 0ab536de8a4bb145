import Testing
import YggClient
import YggCore
import YggProcess

extension PlayedExecutor {
    /// The lease of a task, in that phase, as soon as it is stated.
    mutating func lease(of task: String, phase: String, held: [JSON] = []) async throws -> JSON {
        while true {
            try Task.checkCancellation()
            let leases = try await sync(held: held)
            if let lease = leases.first(where: { $0["task"] == .string(task) && $0["phase"] == .string(phase) }) {
                return lease
            }
        }
    }

    /// The leases that are stated, as soon as there are so many.
    mutating func leases(_ count: Int) async throws -> [JSON] {
        var known: [JSON] = []
        while known.count < count {
            try Task.checkCancellation()
            let keys = known.map(Self.key)
            known += try await sync(held: keys).filter { !keys.contains(Self.key($0)) }
        }
        return known
    }

    /// Uploads what belongs to an attempt.
    func upload(_ text: String, to lease: JSON) async throws -> String {
        let sum = await tool("sh", "-c", #"printf %s "$1" | sha256sum"#, "sh", text).stdout
        let hash = String(sum.prefix(64))
        let task = try #require(lease["task"]?.stringValue)
        let epoch = try #require(lease["epoch"]?.intValue)
        let answer = try await ygg.put("/v1/tasks/\(task)/artifacts/\(hash)?epoch=\(epoch)", Array(text.utf8))
        try #require(answer.status < 300, "\(String(decoding: answer.body, as: UTF8.self))")
        return hash
    }

    /// Asks whether a diff may be landed.
    /// - Returns: the verdict.
    func ask(
        _ lease: JSON,
        diff: String,
        bundle: String,
        target: String = "main",
        n: Int64 = 1
    ) async throws -> JSON {
        let question: JSON = [
            "subject": "diff", "next": "land", "summary": "1 file, +1 -0", "repository": "/srv/git/a",
            "target": .string(target), "base": "b0", "commits": ["c1"], "diff": .string(diff),
            "bundle": .string(bundle), "verification": [["swift", "test"]],
        ]
        return try await report(lease, n: n, ("question", question))
    }

    /// Takes a task to the point where its diff waits for a person.
    /// - Returns: the digest.
    mutating func askAbout(
        _ task: String,
        diff: String = "+one\n",
        target: String = "main",
        held: [JSON] = []
    ) async throws -> String {
        let lease = try await lease(of: task, phase: "run", held: held)
        let hashes = (try await upload(diff, to: lease), try await upload("bundle of \(diff)", to: lease))
        let verdict = try await ask(lease, diff: hashes.0, bundle: hashes.1, target: target)
        try #require(verdict["upTo"] == 1, "\(verdict)")
        // From the log, where it stays: the question itself may have expired by now.
        return try #require(
            try await ygg.approvalEvents(of: task).last { $0["decision"] == nil }?["digest"]?.stringValue
        )
    }
}

extension RunningYgg {
    func put(_ path: String, _ bytes: [UInt8]) async throws -> Answer {
        let reply = try await HTTPTransport(baseURL: address, token: nil).send(
            method: "PUT",
            path: path,
            headers: [("content-type", "application/octet-stream")],
            body: bytes,
            timeout: .seconds(60)
        )
        return Answer(status: reply.status, headers: reply.headers, json: reply.json, body: reply.body)
    }

    /// What the log of a task says of approvals.
    func approvalEvents(of id: String) async throws -> [JSON] {
        let events = try #require(try await get("/v1/tasks/\(id)/events?limit=1000").json?["items"]?.arrayValue)
        return events.filter { $0["type"] == "approval" }.compactMap { $0["data"] }
    }
}
