import ArgumentParser
import YggConfiguration
import YggCoordinator
import YggCore

/// `ygg backup`.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back up a household: database, artifacts, keys and configuration.",
        discussion: """
            It works on the data directory itself, also while the coordinator runs, and makes a new directory below DIR, \
            named after the time. That has its name only once it is whole: copied as of one moment, opened and looked \
            through. Artifacts that the backup before has too take no space again, where the file system has hard links. \
            DIR is for backups alone; it is made where it is not there.

            With backup.dir in the configuration a coordinator does this by itself, every day.

            EXAMPLES
              ygg backup /mnt/backups/yggdrasil
              ygg backup --keep 30                 (into backup.dir)
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    @Option(
        help: ArgumentHelp("Remove the oldest backups of this store but so many. Default: none is.", valueName: "n")
    )
    var keep: Int?

    @Argument(help: ArgumentHelp("A folder for backups alone. Default: backup.dir.", valueName: "dir"))
    var directory: String?

    func validate() throws {
        if let keep, keep < 1 { throw ValidationError("--keep must be at least 1.") }
    }

    func run() async throws {
        let settings = try store.settings()
        guard let directory = directory ?? settings.backupDirectory else {
            throw CommandFailure.usage(
                "There is no folder to back up into.",
                next: "Name one, on another disk than the data: ygg backup DIR. Or set backup.dir."
            )
        }
        let backup = HouseholdBackup(
            layout: StoreLayout(directory: settings.dataDirectory),
            configuration: settings.configurationFile,
            host: ProcessContext.hostName
        )
        let progress = ArtifactProgress()
        let result = try await backup.run(
            into: BackupFolder(directory),
            makingFolder: true,
            keeping: keep,
            at: ProcessContext.now()
        ) { progress.show($0) }
        progress.end()
        let manifest = result.backup.manifest
        var object: JSONObject = ["path": .string(result.backup.path), "madeAt": .string(manifest.madeAt.description)]
        for (key, value) in manifest.contents.json.members { object.append(key, value) }
        object.append("shared", .int(Int64(result.shared)))
        object.append("files", .array(manifest.files.map { .string($0.path) }))
        object.append("removed", .array(result.removed.map(JSON.string)))
        object.append("missing", .array(manifest.missing.map(JSON.string)))
        Results(output).one(object) { Self.text(result).rendered(style: $0) }
        if !manifest.missing.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private static func text(_ result: HouseholdBackup.Result) -> Details {
        let manifest = result.backup.manifest
        var details = Details()
        details.add("backup", result.backup.path, .bold)
        details.add(manifest.contents, shared: result.shared)
        details.add("files", manifest.files.map(\.path).joined(separator: ", "))
        details.add("removed", result.removed.joined(separator: ", "))
        if !manifest.missing.isEmpty {
            details.add(
                "missing",
                "\(manifest.missing.count) artifacts are not there to be copied: ygg db check",
                .yellow
            )
        }
        return details
    }
}
