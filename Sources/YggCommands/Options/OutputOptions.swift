import ArgumentParser

/// How results are written to standard output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// For people.
    case table
    /// One JSON value.
    case json
    /// One JSON value a line: an item of a list, an event of a log.
    case jsonl
}

struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .customLong("output")], help: "table, json or jsonl (one item a line).")
    var output: OutputFormat?

    @Flag(help: "The same as -o json.")
    var json = false

    var format: OutputFormat { output ?? (json ? .json : .table) }
}
