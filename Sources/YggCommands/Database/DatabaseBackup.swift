import ArgumentParser
import FoundationEssentials
import YggCoordinator
import YggCore

/// `ygg db backup`.
struct DatabaseBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database alone into one file, also while its coordinator runs.",
        discussion: """
            The copy is consistent as of one moment, and whole before it has its name. Artifacts, keys and configuration \
            are not in it: `ygg backup` takes everything.

            EXAMPLES
              ygg db backup ygg-before-the-move.sqlite
            """
    )

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("A file that is not there.", valueName: "file"))
    var target: String

    func run() async throws {
        var isDirectory = false
        if target.hasSuffix("/")
            || FileManager.default.fileExists(atPath: target, isDirectory: &isDirectory) && isDirectory
        {
            throw CommandFailure.usage(
                "\(target) is a directory, and this copies the database into one file.",
                next: "Name a file; everything, artifacts too, goes into a directory with: ygg backup \(target)"
            )
        }
        let result = try StoreBackup.database(of: try store.layout(), to: target)
        Results(output).one(["path": .string(result.path), "schema": .int(result.schema)]) { _ in "\(result.path)\n" }
    }
}
