import YggCore

/// Writes what a command found, in the form that was asked for.
struct Results: Sendable {
    let format: OutputFormat

    init(_ options: OutputOptions) { self.init(options.format) }
    init(_ format: OutputFormat) { self.format = format }

    /// A list: a table, the API's own `{"items": …, "nextCursor": …}`, or one item a line.
    func list(_ items: [JSONObject], nextCursor: String? = nil, table: () -> Table) {
        switch format {
        case .table:
            let terminal = Terminal.output
            Console.out(table().rendered(width: terminal.width, style: terminal.style))
        case .json:
            let cursor = nextCursor.map(JSON.string) ?? .null
            Console.out(JSON.object(["items": .array(items.map(JSON.object)), "nextCursor": cursor]).prettyText + "\n")
        case .jsonl: for item in items { Console.out(JSON.object(item).text + "\n") }
        }
    }

    /// One thing.
    func one(_ object: JSONObject, text: (Style) -> String) {
        switch format {
        case .table: Console.out(text(Terminal.output.style))
        case .json: Console.out(JSON.object(object).prettyText + "\n")
        case .jsonl: Console.out(JSON.object(object).text + "\n")
        }
    }

    /// A remark for the person at the terminal; a program that reads the output does not see it.
    func hint(_ text: String) {
        guard format == .table, Terminal.error.isTerminal else { return }
        Console.error(Terminal.error.style(.dim, text) + "\n")
    }
}
