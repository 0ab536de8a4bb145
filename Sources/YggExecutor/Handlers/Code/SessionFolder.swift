import SystemPackage
import YggAgent
import YggCore
import YggProcess

/// What a session keeps on its machine, `sessions/<task>`, for the next attempt of the task: its file, its work tree, and
/// the scratch directory of its commands.
///
/// It has no epoch in its name, because it is meant to be found by the next one. The lock of the work tree keeps two
/// attempts apart.
struct SessionFolder: Sendable {
    let path: String

    init(_ context: HandlerContext) { path = "\(Self.directory(in: context.workspaceRoot))/\(context.key.task)" }

    static func directory(in workspaceRoot: String) -> String { "\(workspaceRoot)/sessions" }

    var file: String { "\(path)/session.jsonl" }
    var hasSession: Bool { LocalFiles.isFile(file) }

    /// What the tools of a model work on, and with.
    /// - Parameter gitDirectory: nil without a repository.
    func setting(
        root: String,
        gitDirectory: String?,
        _ context: HandlerContext
    ) async throws(HandlerFailure) -> Toolbox.Setting {
        let scratch: YggAgent.Scratch
        do throws(Errno) {
            scratch = try YggAgent.Scratch(path: "\(path)/scratch", personalHome: context.environment["HOME"])
        } catch {
            throw .unusableWorkspace(path, error)
        }
        var setting = Toolbox.Setting(
            root: root,
            gitDirectory: gitDirectory,
            scratch: scratch,
            environment: context.environment,
            isolation: await Isolation.here
        )
        setting.hidden += context.privatePlaces
        return setting
    }

    /// Removes it and what the mirror knows of it, cancelled or not.
    func remove(_ context: HandlerContext) async {
        await uncancelled {
            let spec = ProcessSpec(argv: ["rm", "-rf", "--", path], environment: context.environment)
            _ = await collectProcess(spec)
        }
    }
}

/// Checks what lands with the commands that were approved: like everything a repository brings along, they run isolated.
struct LandingCheck: Sendable {
    private let folder: SessionFolder
    private let context: HandlerContext

    init(_ folder: SessionFolder, _ context: HandlerContext) {
        self.folder = folder
        self.context = context
    }

    func run(_ commands: [[String]], in path: String) async -> [Verified] {
        guard let setting = try? await folder.setting(root: path, gitDirectory: nil, context) else {
            return commands.map { Verified($0, exitCode: 127) }
        }
        var verified: [Verified] = []
        for argv in commands {
            await context.emit(.progress, ["text": .string("Runs \(argv.joined(separator: " "))")])
            let report = await CommandCheck(setting).run(argv)
            verified.append(
                Verified(argv, exitCode: report.exitCode.map(Int64.init) ?? (report.ended == nil ? 127 : 137))
            )
        }
        return verified
    }
}
