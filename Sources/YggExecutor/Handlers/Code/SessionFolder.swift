import Glibc
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

    init(_ context: HandlerContext) { self.init(of: context.key.task, in: context.workspaceRoot) }

    init(of task: TaskID, in workspaceRoot: String) { path = "\(Self.directory(in: workspaceRoot))/\(task)" }

    static func directory(in workspaceRoot: String) -> String { "\(workspaceRoot)/sessions" }

    var file: String { "\(path)/session.jsonl" }
    var hasSession: Bool { LocalFiles.isFile(file) }

    /// Whether a session was begun here and its work tree is still one. A session whose work tree is lost is forgotten:
    /// it would go on from work that nobody has. So is one that went on elsewhere since.
    /// - Parameter suspended: how the task's session was last put aside.
    func takeUp(_ suspended: SuspendedSession?) -> Bool {
        guard let bytes = LocalFiles.size(file) else { return false }
        guard bytes >= suspended?.bytes ?? 0 else {
            unlink(file)
            return false
        }
        let link = LocalFiles.read("\(path)/work/.git")?.trimmed ?? ""
        if link.hasPrefix("gitdir: "), LocalFiles.isDirectory(String(link.dropFirst("gitdir: ".count))) { return true }
        unlink(file)
        return false
    }

    // MARK: - Of a session that no task has

    /// What such a session was begun with, so that it can be gone on with.
    private var requestFile: String { "\(path)/request.json" }

    func keep(_ context: HandlerContext) throws(HandlerFailure) {
        let request: JSONObject = ["kind": .string(context.kind.rawValue), "params": .object(context.params)]
        do throws(Errno) {
            try LocalFiles.makeDirectory(path, mode: 0o700)
            try LocalFiles.write(JSON.object(request).text + "\n", to: requestFile)
        } catch {
            throw .unusableWorkspace(requestFile, error)
        }
    }

    /// nil where the session is that of a task.
    var request: (kind: TaskKind, params: JSONObject)? {
        guard let text = LocalFiles.read(requestFile, limit: 8 << 20), let json = try? JSON(parsing: Array(text.utf8)),
            let kind = (json["kind"]?.stringValue).flatMap({ TaskKind($0) }), let params = json["params"]?.objectValue
        else { return nil }
        return (kind, params)
    }

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

    /// The lock of its work tree, unless an attempt has it.
    func lockIfFree() -> FileLock? { FileLock(ifFree: "\(path)/work.lock") }

    func remove(_ context: HandlerContext) async { await remove(context.environment) }

    /// Removes it, cancelled or not. What the mirror knows of it goes with the next work tree.
    func remove(_ environment: [String: String]) async {
        await uncancelled {
            let spec = ProcessSpec(argv: ["rm", "-rf", "--", path], environment: environment)
            _ = await collectProcess(spec)
        }
    }
}
