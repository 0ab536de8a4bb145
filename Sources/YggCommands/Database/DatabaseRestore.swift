import ArgumentParser
import YggCoordinator
import YggCore

/// `ygg db restore`.
struct DatabaseRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the place of the store that is there. The coordinator must be stopped.",
        discussion: """
            The restored store gets a new id: every executor that comes back to it ends what it was doing, sets aside \
            what it had to say about it, and registers anew. Tasks that ran at the time of the backup are run again, or \
            marked, as their kind says for a lost executor. What was done after the backup is not known any more. The \
            store that was there is kept beside the new one. Database and artifacts alone come back: onto an empty machine, \
            `ygg restore` brings keys and configuration too.

            EXAMPLES
              ygg db restore /mnt/backups/yggdrasil-20260301T030000Z
              ygg db restore ygg-before-the-move.sqlite --data-dir /var/lib/yggdrasil
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "What `ygg backup` or `ygg db backup` has made: a directory, or the file of a database.")
    var backup: String

    func run() async throws {
        let layout = try store.layout()
        try makeDirectories(layout.directory)
        let result = try await StoreRestore.run(backup, into: layout, at: ProcessContext.now())
        var object: JSONObject = [
            "storeId": .string(result.storeID), "openTasks": .int(Int64(result.openTasks)),
            "artifacts": .int(Int64(result.artifacts)),
        ]
        object.append("before", .optional(result.before))
        if !result.missing.isEmpty { object.append("missing", .array(result.missing.map(JSON.string))) }
        Results(output).one(object) { style in
            var details = Details()
            details.add("store", result.storeID)
            details.add("open tasks", String(result.openTasks))
            details.add("artifacts", String(result.artifacts))
            if !result.missing.isEmpty { details.add("missing", "\(result.missing.count) artifacts", .yellow) }
            details.add("before", result.before)
            return details.rendered(style: style)
        }
    }
}
