import ArgumentParser
import YggClient
import YggCore

/// `ygg task show`.
struct TaskShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one task: what was asked, where it is, how it came out.",
        discussion: """
            EXAMPLES
              ygg task show 01k9s2…
              ygg task show 01k9s2… --json | jq .result
            """
    )

    @OptionGroup var task: TaskArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let task = try await connection.client().task(task.id)
        Results(output).one(task.json) { TaskDetails.text(task, now: ProcessContext.now(), style: $0) }
    }
}

/// One task at length.
enum TaskDetails {
    static func text(_ task: TaskView, now: Timestamp, style: Style) -> String {
        var details = Details()
        details.add("id", task.id, .bold)
        details.add("kind", task.kind)
        details.add("title", task.title)
        details.add("description", task.json["description"]?.stringValue)
        details.add("state", task.stateText, Style.emphasis(of: task.state))
        let tier = (task.json["tier"]?.arrayValue ?? []).compactMap(\.stringValue)
        details.add("tier", tier.joined(separator: ", "))
        if let digest = task.json["approval"]?["digest"]?.stringValue {
            details.add("asks", "a person, about \(digest): ygg task diff \(task.id)", .yellow)
        }
        details.add("executor", task.executor)
        details.add("attempt", task.attempt > 0 ? String(task.attempt) : nil)
        details.add("priority", String(task.priority))
        details.add("labels", task.labels.joined(separator: ", "))
        details.add("depends on", task.dependsOn.joined(separator: ", "))
        for key in ["parent", "retryOf", "continues", "source", "submittedBy"] {
            details.add(key, task.json[key]?.stringValue)
        }
        for (name, key) in [
            ("created", "createdAt"), ("not before", "notBefore"), ("started", "startedAt"), ("finished", "finishedAt"),
        ] {
            guard let time = task.time(key) else { continue }
            let age = SpanText.age(of: time, now: now)
            details.add(name, "\(time)  \(time <= now && age != "now" ? "\(age) ago" : age)")
        }
        if let started = task.startedAt, let finished = task.finishedAt {
            details.add("took", SpanText.exact(finished - started))
        }
        if task.isCancelRequested, task.state?.isTerminal == false { details.add("cancel", "requested", .yellow) }
        for member in task.params.members {
            details.add("  \(member.key)", member.value.stringValue ?? member.value.text)
        }
        var text = details.rendered(style: style)
        text += section("result", task.result, style) + section("error", task.json["error"]?.objectValue, style)
        return text
    }

    /// Members one a line; text of several lines below its name, as it is.
    private static func section(_ title: String, _ object: JSONObject?, _ style: Style) -> String {
        guard let object, !object.isEmpty else { return "" }
        var details = Details()
        var blocks = ""
        for member in object.members {
            let text = member.value.stringValue ?? member.value.text
            if text.contains("\n") {
                blocks += "\n\(style(.dim, member.key))\n\(text)\(text.hasSuffix("\n") ? "" : "\n")"
            } else {
                details.add("  \(member.key)", text)
            }
        }
        return "\n\(style(.bold, title))\n\(details.rendered(style: style))\(blocks)"
    }
}
