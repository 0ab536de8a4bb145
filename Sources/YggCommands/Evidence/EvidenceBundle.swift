import FoundationEssentials
import YggClient
import YggCore

/// Everything that somebody would want to know who doubts what a task did: its evidence, the questions it asked and who
/// answered them, its diff.
struct EvidenceBundle: Sendable {
    let task: TaskView
    /// Oldest first.
    let approvals: [JSONObject]
    /// What the agent's harness wrote down; nil of a task that has none.
    let evidence: JSONObject?
    /// Byte for byte: the files that it is about may be in any encoding.
    let diff: [UInt8]?

    /// - Throws: where the task is not known, or its artifacts are gone.
    init(of id: String, from client: CoordinatorClient) async throws {
        task = try await client.task(id)
        approvals = try await client.approvals(of: id).reversed()
        var named: [String: String] = [:]
        for name in ["evidence", "diff"] { named[name] = task.result?[name]?.stringValue }
        // What was landed has the landing's result; the log still knows what the work left behind.
        if named["evidence"] == nil || named["diff"] == nil {
            for (name, hash) in try await Self.artifacts(of: id, client) where named[name] == nil { named[name] = hash }
        }
        let shown = approvals.last { $0["diffSha256"] != nil }?["diffSha256"]?.stringValue
        diff = try await Self.bytes(shown ?? named["diff"], of: id, client)
        evidence = try await Self.bytes(named["evidence"], of: id, client)
            .flatMap { (try? JSON(parsing: $0))?.objectValue }
    }

    init(task: TaskView, approvals: [JSONObject], evidence: JSONObject?, diff: [UInt8]?) {
        self.task = task
        self.approvals = approvals
        self.evidence = evidence
        self.diff = diff
    }

    /// The last artifact of each name.
    private static func artifacts(of id: String, _ client: CoordinatorClient) async throws -> [String: String] {
        var named: [String: String] = [:]
        try await EventPages(client: client, task: id).read(after: nil, limit: nil) { event in
            guard event["type"]?.stringValue == EventType.artifact.rawValue,
                let name = event["data"]?["name"]?.stringValue
            else { return }
            named[name] = event["data"]?["sha256"]?.stringValue
        }
        return named
    }

    private static func bytes(_ hash: String?, of id: String, _ client: CoordinatorClient) async throws -> [UInt8]? {
        guard let hash else { return nil }
        var bytes: [UInt8] = []
        try await client.artifact(hash, of: id) { bytes += $0 }
        return bytes
    }

    /// How long each part took; of the questions the time from the first to the last decision.
    var durations: [(name: String, span: Milliseconds)] {
        func time(_ approval: JSONObject?, _ key: String) -> Timestamp? {
            approval?[key]?.stringValue.flatMap(Timestamp.init(parsing:))
        }
        let asked = time(approvals.first, "requestedAt")
        let decided = time(approvals.last, "decidedAt")
        let parts: [(String, Timestamp?, Timestamp?)] = [
            ("queued", task.createdAt, task.startedAt), ("work", task.startedAt, asked ?? task.finishedAt),
            ("person", asked, decided), ("landing", decided, decided == nil ? nil : task.finishedAt),
            ("whole", task.createdAt, task.finishedAt),
        ]
        return parts.compactMap { name, from, to in
            guard let from, let to, to >= from else { return nil }
            return (name, to - from)
        }
    }

    var json: JSONObject {
        var object: JSONObject = ["task": .object(task.json)]
        object.append("evidence", evidence.map(JSON.object) ?? .null)
        object.append("approvals", .array(approvals.map(JSON.object)))
        object.append(
            "durationsMs",
            .object(JSONObject(durations.map { ($0.name, .int($0.span.rawValue)) }))
        )
        // JSON holds text alone; what is none is as it was all the same.
        if let diff {
            if let text = String(validating: diff, as: UTF8.self) {
                object.append("diff", .string(text))
            } else {
                object.append("diffBase64", .string(Data(diff).base64EncodedString()))
            }
        }
        return object
    }

    /// What is written to a directory: name and content.
    var files: [(name: String, bytes: [UInt8])] {
        let texts = [
            ("bundle.json", JSON.object(json).prettyText + "\n"),
            ("task.json", JSON.object(task.json).prettyText + "\n"),
            ("approvals.json", JSON.array(approvals.map(JSON.object)).prettyText + "\n"),
            ("commands.txt", EvidenceText.commands(self, style: .plain)),
        ]
        var files = texts.map { (name: $0.0, bytes: Array($0.1.utf8)) }
        if let evidence {
            files.append((name: "evidence.json", bytes: Array((JSON.object(evidence).prettyText + "\n").utf8)))
        }
        if let diff { files.append((name: "diff.patch", bytes: diff)) }
        return files
    }
}
