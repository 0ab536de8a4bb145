import ArgumentParser
import YggClient
import YggCore

/// `ygg executor show`.
struct ExecutorShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one executor: its state, slots, kinds and labels.",
        discussion: """
            EXAMPLES
              ygg executor show huginn
            """
    )

    @Argument(help: "The executor's id.")
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let executor = try await connection.client().executor(id)
        Results(output).one(executor) { ExecutorDetails.text(executor, style: $0) }
    }
}

/// One executor at length.
enum ExecutorDetails {
    /// Those that have a line of their own, in their order.
    private static let told = [
        "id", "name", "url", "state", "since", "by", "why", "until", "pending", "slots", "tasks", "kinds", "labels",
        "lastSeenMs",
    ]

    static func text(_ executor: JSONObject, style: Style) -> String {
        let state = executor["state"]?.stringValue ?? ""
        let names = { (key: String) in (executor[key]?.arrayValue ?? []).compactMap(\.stringValue) }
        var details = Details()
        details.add("id", executor["id"]?.stringValue, .bold)
        details.add("name", executor["name"]?.stringValue)
        details.add("url", executor["url"]?.stringValue)
        details.add("state", state, Style.emphasis(ofExecutor: ExecutorState(rawValue: state)))
        for key in ["since", "by", "why", "until"] { details.add(key, executor[key]?.stringValue) }
        details.add("pending", ExecutorText.pending(executor), .yellow)
        let seen = ExecutorText.lastSeen(executor)
        details.add("seen", seen == "now" || seen == "never" ? seen : "\(seen) ago")
        details.add("free slots", ExecutorText.slots(executor))
        details.add("tasks", names("tasks").joined(separator: ", "))
        details.add("kinds", ExecutorText.kinds(executor).joined(separator: ", "))
        details.add(
            "labels",
            (executor["labels"]?.objectValue?.members ?? [])
                .map { "\($0.key)=\($0.value.stringValue ?? $0.value.text)" }.joined(separator: ", ")
        )
        for member in executor.members where !told.contains(member.key) {
            details.add(member.key, brief(member.value))
        }
        return details.rendered(style: style)
    }

    private static func brief(_ value: JSON) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text
        case .array(let values) where values.allSatisfy({ $0.stringValue != nil }):
            values.compactMap(\.stringValue).joined(separator: ", ")
        case .object(let object) where object.isEmpty: nil
        default: value.text
        }
    }
}
