import ArgumentParser
import FoundationEssentials
import YggCoordinator
import YggCore

/// `ygg db backup`.
struct DatabaseBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the store, also while its coordinator runs.",
        discussion: """
            Into a directory that is there: database and artifacts, in a new directory below it that is named after the \
            time. Into any other name: the database alone, as one file. The copy is consistent as of one moment, and \
            whole before anything has its name.

            EXAMPLES
              ygg db backup /mnt/backups/
              ygg db backup ygg-before-the-move.sqlite
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "A directory that is there, or a file that is not.")
    var target: String

    func run() async throws {
        let layout = try store.layout()
        var isDirectory = false
        let exists = FileManager.default.fileExists(atPath: target, isDirectory: &isDirectory)
        let result: StoreBackup.Result
        if exists, isDirectory {
            let folder = target.hasSuffix("/") ? String(target.dropLast()) : target
            result = try await StoreBackup.everything(of: layout, to: "\(folder)/yggdrasil-\(stamp)")
        } else if target.hasSuffix("/") {
            throw CommandFailure.usage("There is no directory \(target).", next: "Make it first, or name a file.")
        } else {
            result = try StoreBackup.database(of: layout, to: target)
        }
        var object: JSONObject = ["path": .string(result.path), "schema": .int(result.schema)]
        object.append("artifacts", .optional(result.artifacts.map { Int64($0) }))
        if !result.missing.isEmpty { object.append("missing", .array(result.missing.map(JSON.string))) }
        Results(output).one(object) { style in
            var text = "\(result.path)\n"
            if let artifacts = result.artifacts { text += "with \(artifacts) artifacts\n" }
            if !result.missing.isEmpty {
                text += style(.yellow, "\(result.missing.count) artifacts are not there to be copied: ygg db check\n")
            }
            return text
        }
        if !result.missing.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// `20260301T030000`, in UTC.
    private var stamp: String {
        String(ProcessContext.now().description.filter { $0.isNumber || $0 == "T" }.prefix(15))
    }
}
