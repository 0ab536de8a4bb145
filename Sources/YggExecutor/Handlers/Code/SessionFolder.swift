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
    var workTree: String { "\(path)/work" }

    /// Whether a session was begun here and its work tree is still one. A session whose work tree is lost is forgotten:
    /// it would go on from work that nobody has. So is one that went on elsewhere since.
    /// - Parameter suspended: how the task's session was last put aside.
    func takeUp(_ suspended: SuspendedSession?) -> Bool {
        guard let bytes = LocalFiles.size(file) else { return false }
        guard bytes >= suspended?.bytes ?? 0 else {
            unlink(file)
            return false
        }
        if LocalFiles.isDirectory(workTree), gitDirectory.map(LocalFiles.isDirectory) == true { return true }
        unlink(file)
        return false
    }

    // MARK: - What is known of it

    /// Where git keeps the work tree, as it was when the tree was made: a command may have changed what the tree itself
    /// says.
    var gitDirectory: String? { Self.gitDirectory(in: path) }

    static func gitDirectory(in folder: String) -> String? {
        LocalFiles.read("\(folder)/gitdir", limit: 4096).map { $0.trimmed }
    }

    static func keep(gitDirectory: String, in folder: String) throws(HandlerFailure) {
        try keep(gitDirectory, as: "gitdir", in: folder)
    }

    /// Keeps git from forgetting the work tree, whatever a command does to the file by which git finds it.
    static func hold(in folder: String) throws(HandlerFailure) {
        guard let gitDirectory = gitDirectory(in: folder) else { return }
        try keep("A session works here.", as: "locked", in: gitDirectory)
    }

    /// Lets git forget it once its files are gone. Where git has forgotten it already, it may have given the directory to
    /// another tree, which is not touched.
    static func letGo(in folder: String) {
        guard let gitDirectory = gitDirectory(in: folder) else { return }
        // Without links in it, in the way in which git writes it.
        let own = folder.split(separator: "/").suffix(2).joined(separator: "/") + "/work/.git"
        guard LocalFiles.read("\(gitDirectory)/gitdir", limit: 8192)?.trimmed.hasSuffix("/\(own)") == true else {
            return
        }
        unlink("\(gitDirectory)/locked")
    }

    private var planFile: String { "\(path)/plan.json" }

    /// What the work is checked with: found once, on the base, before anybody could have a say in it.
    var plan: VerificationPlan? {
        guard let text = LocalFiles.read(planFile), let json = try? JSON(parsing: Array(text.utf8)) else { return nil }
        return VerificationPlan(json)
    }

    func keep(_ plan: VerificationPlan) throws(HandlerFailure) {
        try Self.keep(plan.json.text, as: "plan.json", in: path)
    }

    /// The approval by which the work was begun anew; nil where it never was.
    var redone: String? { LocalFiles.read("\(path)/redone", limit: 4096).map { $0.trimmed } }

    func keep(redone digest: String) throws(HandlerFailure) { try Self.keep(digest, as: "redone", in: path) }

    private var waitingFile: String { "\(path)/waiting" }

    /// Whether the work is done, and the last attempt to land it found a person in its way and touched nothing.
    var isWaiting: Bool { LocalFiles.exists(waitingFile) }

    func keepWaiting() throws(HandlerFailure) { try Self.keep("", as: "waiting", in: path) }

    func endWaiting() { unlink(waitingFile) }

    /// When somebody last worked on it, or looked whether it can land; nil where it was never begun.
    var lastUsed: Timestamp? {
        LocalFiles.changed(file).map { max($0, LocalFiles.changed(waitingFile) ?? $0) }
    }

    private static func keep(_ text: String, as name: String, in folder: String) throws(HandlerFailure) {
        do throws(Errno) {
            try LocalFiles.makeDirectory(folder, mode: 0o700)
            try LocalFiles.write(text + "\n", to: "\(folder)/\(name)")
        } catch {
            throw .unusableWorkspace(folder, error)
        }
    }

    /// The states of its work tree.
    func checkpoints(_ setting: Toolbox.Setting) async throws -> Checkpoints {
        guard let name = path.split(separator: "/").last else { throw Errno.noSuchFileOrDirectory }
        return try await Checkpoints(setting, base: "HEAD", owner: String(name))
    }

    // MARK: - Of a session that no task has

    /// What such a session was begun with, so that it can be gone on with.
    private var requestFile: String { "\(path)/request.json" }

    func keep(_ context: HandlerContext) throws(HandlerFailure) {
        let request: JSONObject = ["kind": .string(context.kind.rawValue), "params": .object(context.params)]
        try Self.keep(JSON.object(request).text, as: "request.json", in: path)
    }

    /// nil where the session is that of a task.
    var request: (kind: TaskKind, params: JSONObject)? {
        guard let text = LocalFiles.read(requestFile, limit: 8 << 20), let json = try? JSON(parsing: Array(text.utf8)),
            let kind = (json["kind"]?.stringValue).flatMap({ TaskKind($0) }), let params = json["params"]?.objectValue
        else { return nil }
        return (kind, params)
    }

    // MARK: - Working in it

    /// What the tools of a model work on, and with.
    /// - Parameter gitDirectory: nil without a repository.
    func setting(
        root: String,
        gitDirectory: String?,
        _ context: HandlerContext
    ) async throws(HandlerFailure) -> Toolbox.Setting {
        try await context.toolSetting(root: root, gitDirectory: gitDirectory, scratch: "\(path)/scratch")
    }

    /// The lock of its work tree, unless an attempt has it.
    func lockIfFree() -> FileLock? { FileLock(ifFree: "\(path)/work.lock") }

    func remove(_ context: HandlerContext) async { await remove(context.environment) }

    /// Removes it, cancelled or not, with the states that the mirror keeps of it. What else the mirror knows of it goes
    /// with the next work tree.
    func remove(_ environment: [String: String]) async {
        await uncancelled {
            if let setting = try? await leftSetting(environment) {
                // Where that fails they are in nobody's way, and take some room.
                try? await checkpoints(setting).forget()
            }
            Self.letGo(in: path)
            // First of all: half of it must not be taken for a session.
            unlink(file)
            let spec = ProcessSpec(argv: ["rm", "-rf", "--", path], environment: environment)
            _ = await collectProcess(spec)
        }
    }

    /// Removes it unless somebody has come back to it.
    func removeIfFree(_ environment: [String: String]) async {
        guard let lock = lockIfFree() else { return }
        await remove(environment)
        lock.release()
    }

    /// For what is left of a session, outside of any attempt.
    /// - Throws: where it has no work tree.
    func leftSetting(_ environment: [String: String]) async throws -> Toolbox.Setting {
        guard let gitDirectory else { throw Errno.noSuchFileOrDirectory }
        return Toolbox.Setting(
            root: workTree,
            gitDirectory: gitDirectory,
            scratch: try YggAgent.Scratch(path: "\(path)/scratch", personalHome: environment["HOME"]),
            environment: environment,
            isolation: await Isolation.here
        )
    }
}

extension HandlerContext {
    /// What commands that strangers may have talked into something are run on, and with.
    /// - Parameters:
    ///   - gitDirectory: nil without a repository.
    ///   - scratch: a directory of their own beside it.
    func toolSetting(
        root: String,
        gitDirectory: String?,
        scratch path: String
    ) async throws(HandlerFailure) -> Toolbox.Setting {
        let scratch: YggAgent.Scratch
        do throws(Errno) {
            scratch = try YggAgent.Scratch(path: path, personalHome: environment["HOME"])
        } catch {
            throw .unusableWorkspace(path, error)
        }
        var setting = Toolbox.Setting(
            root: root,
            gitDirectory: gitDirectory,
            scratch: scratch,
            environment: environment,
            isolation: await Isolation.here
        )
        setting.hidden += privatePlaces
        // The work of others lies there, and what all of it is made from.
        setting.readOnly = [workspaceRoot]
        return setting
    }
}
