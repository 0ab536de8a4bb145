import ArgumentParser
import YggClient
import YggCore

/// `ygg task why`, and `ygg why` for short.
struct TaskWhy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say why a task is where it is, and what would change it.",
        discussion: """
            EXAMPLES
              ygg why 01k9s2…
              ygg task why 01k9s2… --json | jq '.executors[].unmet'
            """
    )

    @OptionGroup var task: TaskArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.client().why(task.id)
        Results(output).one(answer) { WhyText.text(answer, style: $0) }
    }
}

/// The explanation for people: the reason first, then every executor with what it lacks and what would help.
enum WhyText {
    static func text(_ answer: JSONObject, style: Style) -> String {
        let id = answer["task"]?.stringValue ?? ""
        let state = answer["state"]?.stringValue ?? ""
        var text = "\(id) \(style(Style.emphasis(of: TaskState(rawValue: state)), state))\n"
        if let summary = answer["summary"]?.stringValue { text += "\(DisplayText.oneLine(summary))\n" }
        if let route = answer["route"] { text += "\(style(.dim, "route"))  \(describe(route))\n" }
        if let problem = answer["problem"] {
            text += "\(style(.yellow, "problem"))  \(DisplayText.oneLine(problem["code"]?.stringValue ?? ""))\n"
            for refusal in problem["declinedBy"]?.arrayValue ?? [] {
                let reason = DisplayText.oneLine(refusal["reason"]?.stringValue ?? "")
                text += "  \(style(.yellow, "·")) \(refusal["executor"]?.stringValue ?? "") declined: \(reason)\n"
            }
        }
        let candidates = answer["candidates"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if !candidates.isEmpty { text += "\(style(.dim, "ready"))  \(candidates.joined(separator: ", "))\n" }
        for executor in answer["executors"]?.arrayValue ?? [] {
            let unmet = executor["unmet"]?.arrayValue ?? []
            let name = executor["executor"]?.stringValue ?? ""
            text += "\n\(style(.bold, name))\(unmet.isEmpty ? style(.green, "  could take it now") : "")\n"
            for condition in unmet {
                text += "  \(style(.yellow, "·")) \(DisplayText.oneLine(condition["text"]?.stringValue ?? ""))\n"
                if let remedy = condition["remedy"]?.stringValue {
                    text += "    \(style(.dim, "→ " + DisplayText.oneLine(remedy)))\n"
                }
            }
        }
        return text
    }

    private static func describe(_ route: JSON) -> String {
        guard let object = route.objectValue else { return route.stringValue ?? route.text }
        let names = { (key: String) in
            (object[key]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
        }
        let fallback = names("fallback")
        return "\(object["prefix"]?.stringValue ?? "") → \(names("executors"))"
            + (fallback.isEmpty ? "" : ", else \(fallback)")
    }
}
