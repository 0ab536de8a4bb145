import YggAgent
import YggCore
import YggProcess

/// Runs what checks an exercise. It runs code that a model wrote, so it is isolated like the commands of the fleet's agents,
/// and besides, where the kernel allows it, it changes nothing of its user's but its repository.
struct ExerciseCheck: Sendable {
    /// Where its home and its temporary files are, beside the repositories.
    let directory: String
    /// What it must not see: absolute paths.
    let hidden: [String]
    let environment: [String: String]

    /// Where any user may write.
    private static let everybodys = ["/tmp", "/var/tmp", "/dev/shm"]

    /// - Returns: whether the command succeeded.
    func passes(_ argv: [String], in repository: String) async throws(CommandFailure) -> Bool {
        let scratch: Scratch
        do {
            scratch = try Scratch(path: "\(directory)/check", personalHome: environment["HOME"])
        } catch {
            throw CommandFailure(
                "\(directory)/check cannot be made: \(error).",
                next: "Set TMPDIR to a directory that this user can write."
            )
        }
        var setting = Toolbox.Setting(
            root: repository,
            gitDirectory: nil,
            scratch: scratch,
            environment: environment,
            isolation: await YggProcess.Isolation.here
        )
        setting.hidden += hidden
        setting.readOnly =
            [environment["HOME"], environment["TMPDIR"]].compactMap(\.self) + Self.everybodys + [directory]
        return await CommandCheck(setting).run(argv, within: .seconds(60)).report.passed
    }
}
