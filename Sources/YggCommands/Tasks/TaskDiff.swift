import ArgumentParser
import YggClient
import YggCore

/// `ygg task diff`.
struct TaskDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what a task asks a person about: its diff, its plan, its command.",
        discussion: """
            On a terminal it begins with what is asked, and the diff is coloured. Elsewhere it is the diff alone, byte \
            for byte. Of a task that was decided, it is what was decided about.

            EXAMPLES
              ygg task diff 01k9s2…
              ygg task diff 01k9s2… | git apply --check
              ygg task diff 01k9s2… --json | jq -r .digest
            """
    )

    @OptionGroup var task: TaskArgument
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let approvals = try await client.approvals(of: task.id)
        // The newest with a diff, unless something else is asked now.
        let approval =
            approvals.first { $0["decision"] == nil } ?? approvals.first { $0["diffSha256"] != nil } ?? approvals.first
        guard let approval else {
            throw Self.nothingAsked(task.id, try await client.task(task.id).state)
        }
        guard output.format == .table else { return Results(output).one(approval) { _ in "" } }
        let terminal = Terminal.output
        if terminal.isTerminal || approval["diffSha256"] == nil {
            Console.out(ApprovalText.text(approval, style: terminal.style))
        }
        guard let hash = approval["diffSha256"]?.stringValue else { return }
        if terminal.isTerminal { Console.out("\n") }
        var lines = DiffLines(style: terminal.style)
        try await client.artifact(hash, of: task.id) { chunk in
            if terminal.isTerminal { Console.out(lines.take(chunk)) } else { Console.out(chunk) }
        }
        if terminal.isTerminal { Console.out(lines.finish()) }
    }

    /// What has ended without a question may have left a diff all the same: it failed, or landed unseen.
    static func nothingAsked(_ id: String, _ state: TaskState?) -> CommandFailure {
        CommandFailure(
            "\(id) has not asked a person anything.",
            next: state?.isTerminal == true
                ? "See what it did, and its diff: ygg task evidence \(id)" : "See where it is: ygg why \(id)"
        )
    }
}

/// Chunks of a diff as coloured lines.
struct DiffLines {
    let style: Style
    private var rest: [UInt8] = []

    init(style: Style) { self.style = style }

    /// The lines that are whole now.
    mutating func take(_ chunk: [UInt8]) -> String {
        rest += chunk
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return "" }
        let text = String(decoding: rest[...end], as: UTF8.self)
        rest = Array(rest[(end + 1)...])
        return DisplayText.lines(text).dropLast().map { ApprovalText.diffLine($0, style: style) + "\n" }.joined()
    }

    /// What is left without an end of line.
    mutating func finish() -> String {
        defer { rest = [] }
        return rest.isEmpty
            ? "" : ApprovalText.diffLine(String(decoding: rest, as: UTF8.self)[...], style: style) + "\n"
    }
}
