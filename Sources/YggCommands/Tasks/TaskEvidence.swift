import ArgumentParser
import FoundationEssentials
import YggClient
import YggCore

/// `ygg task evidence`.
struct TaskEvidence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "Show what proves a task's work: commands and their ends, failures, model, prompts, approvals, diff.",
        discussion: """
            EXAMPLES
              ygg task evidence 01k9s2…
              ygg task evidence 01k9s2… --json | jq .evidence.checks
              ygg task evidence 01k9s2… -o evidence/      (bundle.json, diff.patch, commands.txt, …)
            """
    )

    @OptionGroup var task: TaskArgument

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "table, json or jsonl; anything else is a directory that files are written to.",
            valueName: "format|dir"
        )
    )
    var output: String?

    @Flag(help: "The same as -o json.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let bundle = try await EvidenceBundle(of: task.id, from: try connection.client())
        let format = output.map { OutputFormat(rawValue: $0) } ?? (json ? .json : .table)
        if let format { return Results(format).one(bundle.json) { EvidenceText.text(bundle, style: $0) } }
        guard let directory = output else { return }
        try write(bundle, to: directory)
    }

    private func write(_ bundle: EvidenceBundle, to directory: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for file in bundle.files {
                try Data(file.bytes).write(to: URL(filePath: "\(directory)/\(file.name)"), options: .atomic)
                Console.out("\(directory)/\(file.name)\n")
            }
        } catch {
            throw CommandFailure(
                "Cannot write to \(directory): \(error).",
                next: "Name a directory that can be written to."
            )
        }
    }
}
