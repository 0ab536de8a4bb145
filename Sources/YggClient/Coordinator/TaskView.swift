package import YggCore

/// A task as the coordinator told it: the JSON, with names for what is read most.
///
/// It is not `FleetTask`: a newer coordinator may say more than this client knows, and nothing of it is lost.
package struct TaskView: Sendable, Hashable {
    package let json: JSONObject

    package init(_ json: JSONObject) { self.json = json }

    package var id: String { text("id") }
    package var kind: String { text("kind") }
    package var title: String { text("title") }
    /// As it was written, for states this client does not know.
    package var stateText: String { text("state") }
    package var state: TaskState? { TaskState(rawValue: stateText) }
    package var executor: String? { json["executor"]?.stringValue }
    package var priority: Int64 { json["priority"]?.intValue ?? 2 }
    package var attempt: Int64 { json["attempt"]?.intValue ?? 0 }
    package var version: Int64 { json["version"]?.intValue ?? 0 }
    package var labels: [String] { strings("labels") }
    package var dependsOn: [String] { strings("dependsOn") }
    package var createdAt: Timestamp? { time("createdAt") }
    package var startedAt: Timestamp? { time("startedAt") }
    package var finishedAt: Timestamp? { time("finishedAt") }
    package var notBefore: Timestamp? { time("notBefore") }
    package var params: JSONObject { json["params"]?.objectValue ?? JSONObject() }
    package var result: JSONObject? { json["result"]?.objectValue }
    package var outcome: Outcome? { result?["outcome"]?.stringValue.flatMap(Outcome.init(rawValue:)) }
    package var exitCode: Int64? { result?["exitCode"]?.intValue }
    package var errorCode: String? { json["error"]?["code"]?.stringValue }
    package var errorDetail: String? { json["error"]?["detail"]?.stringValue }
    package var isCancelRequested: Bool { json["cancelRequested"]?.boolValue ?? false }

    package func time(_ key: String) -> Timestamp? { json[key]?.stringValue.flatMap(Timestamp.init(parsing:)) }

    private func text(_ key: String) -> String { json[key]?.stringValue ?? "" }
    private func strings(_ key: String) -> [String] { (json[key]?.arrayValue ?? []).compactMap(\.stringValue) }
}
