import ArgumentParser
import YggCore

/// `ygg version`.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version of this binary."
    )

    @OptionGroup var output: OutputOptions

    func run() async throws {
        Results(output).one(["version": .string(YggVersion.current)]) { _ in "ygg \(YggVersion.current)\n" }
    }
}
