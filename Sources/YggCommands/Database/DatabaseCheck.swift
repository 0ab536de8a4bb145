import ArgumentParser
import YggCoordinator
import YggCore

/// `ygg db check`.
struct DatabaseCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look whether the store is whole, also while its coordinator runs.",
        discussion: """
            SQLite's own check of the file, then ours: every log without a hole, epochs and counters that fit, nothing \
            that belongs to nobody, every artifact there and with the bytes that its name says. Exits 1 where anything \
            is wrong.

            EXAMPLES
              ygg db check
              ygg db check --data-dir /mnt/backups/yggdrasil-20260301T030000Z --json
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let inspection = try await StoreInspection(of: try store.layout())
        let object: JSONObject = [
            "ok": .bool(inspection.problems.isEmpty), "schema": .int(inspection.schema),
            "tasks": .int(inspection.tasks), "events": .int(inspection.events),
            "artifacts": .int(Int64(inspection.artifacts)),
            "problems": .array(inspection.problems.map(JSON.string)),
        ]
        Results(output).one(object) { style in
            var text = inspection.problems.map { style(.red, $0) + "\n" }.joined()
            if inspection.problems.isEmpty { text += "The store is whole.\n" }
            text += "\(inspection.tasks) tasks, \(inspection.events) events, \(inspection.artifacts) artifacts\n"
            return text
        }
        if !inspection.problems.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}
