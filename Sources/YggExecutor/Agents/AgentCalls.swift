import Dispatch
import Glibc
import Synchronization
import YggAgent
import YggCore
import YggProcess
import YggProtocol

/// Work for the coding agent from a caller beside the executor, without a coordinator: it is begun, talked to, looked at
/// and thrown away here. What runs goes on though nobody listens any more.
final class AgentCalls: Sendable {
    enum Refusal: Error, Sendable {
        /// No kind of work on code.
        case notCode
        case unknownSession
        /// It is that of a task, to which a person speaks by deciding about it.
        case ofTask
        /// It works, or is just ending.
        case running
    }

    private let executor: Executor
    /// Of those that were begun here and run.
    private let feeds = Mutex<[TaskID: AgentFeed]>([:])
    /// Where the disk is waited for: no thread of the pool, nor of HTTP, is held by it.
    private let disk = DispatchQueue(label: "ygg.agent.calls")

    init(executor: Executor) { self.executor = executor }

    private var workspaceRoot: String { executor.settings.workspaceRoot }

    // MARK: - Work

    /// Begins work.
    /// - Returns: what it says, from the beginning.
    /// - Throws: `ExecutionRefusal`, `Refusal`, or `InvalidInput` for the parameters.
    func begin(_ kind: TaskKind, params: JSONObject, runTimeout: Milliseconds?) throws -> AgentListening {
        guard kind.prefix == "code-" else { throw Refusal.notCode }
        let id = TaskID(trusted: "agent-\(randomName(hostRandom).prefix(12))")
        let call = SessionCall(lands: params["land"] != nil)
        let work = try executor.admit(
            kind,
            params: params,
            at: "",
            runTimeout: runTimeout,
            as: LeaseKey(task: id, epoch: 0),
            call: call
        )
        let feed = AgentFeed()
        feeds.withLock { $0[id] = feed }
        run(work, id, kind, feed)
        return AgentListening(feed: feed, from: 1)
    }

    /// Says something to a session: the next message of one that works, or what one that rests goes on with.
    /// - Returns: what it says from now on.
    func say(_ message: String, to id: TaskID) async throws -> AgentListening {
        if let feed = feeds.withLock({ $0[id] }) {
            let from = feed.now
            guard executor.settings.agents[id]?.run.comment(message) == true else { throw Refusal.running }
            return AgentListening(feed: feed, from: from)
        }
        let folder = SessionFolder(of: id, in: workspaceRoot)
        guard let request = try await onDisk({ try Self.request(of: folder) }) else { throw Refusal.ofTask }
        let feed = AgentFeed()
        let isMine = feeds.withLock { feeds in
            guard feeds[id] == nil else { return false }
            feeds[id] = feed
            return true
        }
        // Somebody else has just gone on with it.
        guard isMine else { throw Refusal.running }
        do {
            let work = try executor.admit(
                request.kind,
                params: request.params,
                at: "",
                runTimeout: nil,
                as: LeaseKey(task: id, epoch: 0),
                call: SessionCall(message: message, lands: request.params["land"] != nil)
            )
            run(work, id, request.kind, feed)
        } catch {
            feeds.withLock { $0[id] = nil }
            throw error
        }
        return AgentListening(feed: feed, from: 1)
    }

    private static func request(of folder: SessionFolder) throws -> (kind: TaskKind, params: JSONObject)? {
        guard folder.hasSession else { throw Refusal.unknownSession }
        return folder.request
    }

    /// A task of its own: whoever asked may hang up.
    private func run(_ work: AdmittedWork, _ id: TaskID, _ kind: TaskKind, _ feed: AgentFeed) {
        feed.say(
            EventType.progress.rawValue,
            ["text": "The agent begins", "session": .string(id.rawValue), "kind": .string(kind.rawValue)]
        )
        Task {
            var end: JSONObject
            do throws(ExecutionRefusal) {
                let report = try await work.report { type, data in feed.say(type.rawValue, data) }
                end = report.json(kind: kind.rawValue)
            } catch {
                let reason = TaskError(
                    code: "drained",
                    detail: "The executor was drained before the work was done. Say something to the session to go on.",
                    retryable: true
                )
                end = [
                    "kind": .string(kind.rawValue), "outcome": .string(Outcome.cancelled.rawValue),
                    "error": .object(reason.json),
                ]
            }
            let stays = await stays(id)
            if stays { end["session"] = .string(id.rawValue) }
            // Whoever hears the end may say the next thing at once.
            feeds.withLock { $0[id] = nil }
            executor.settings.agents.leave(id)
            feed.end(end)
        }
    }

    private func stays(_ id: TaskID) async -> Bool {
        let folder = SessionFolder(of: id, in: workspaceRoot)
        return (try? await onDisk { folder.hasSession }) ?? false
    }

    // MARK: - Looking

    /// The body of `/agent/status`: of several that work, the one that began first.
    var status: JSONObject {
        let entries = executor.settings.agents.all
        guard let entry = entries.first else {
            var idle: JSONObject = ["state": "idle"]
            idle.append("model", .optional(executor.settings.models?.defaultModel))
            idle.append("step", 0)
            idle.append("maxSteps", .int(Int64(AgentLimits().maxSteps)))
            idle.append("running", 0)
            return idle
        }
        var object: JSONObject = [
            "state": entry.isWaiting ? "waiting" : "running", "session": .string(entry.id.rawValue),
        ]
        if !isCalled(entry.id) { object.append("task", .string(entry.id.rawValue)) }
        object.append("model", .string(entry.model))
        object.append("step", .int(Int64(entry.step)))
        object.append("maxSteps", .int(Int64(entry.maxSteps)))
        object.append("running", .int(Int64(entries.count)))
        return object
    }

    private func isCalled(_ id: TaskID) -> Bool { feeds.withLock { $0[id] != nil } }

    /// Every session that is kept here, the last used first.
    func sessions() async throws -> [JSON] {
        let directory = SessionFolder.directory(in: workspaceRoot)
        let found = try await onDisk {
            LocalFiles.names(in: directory).compactMap {
                name -> (SessionFolder, TaskID, isCalled: Bool, used: Timestamp)? in
                guard let id = TaskID(name) else { return nil }
                let folder = SessionFolder(of: id, in: self.workspaceRoot)
                guard let used = LocalFiles.changed(folder.file) else { return nil }
                return (folder, id, folder.request != nil, used)
            }
        }
        var items: [JSON] = []
        for (folder, id, isCalled, used) in found.sorted(by: { $0.used > $1.used }) {
            // One that was just thrown away, or is no session any more, is none.
            guard let header = try? await SessionFile.header(of: folder.file) else { continue }
            var item: JSONObject = ["session": .string(id.rawValue)]
            if !isCalled { item.append("task", .string(id.rawValue)) }
            item.append(
                "state",
                .string(executor.settings.agents[id].map { $0.isWaiting ? "waiting" : "running" } ?? "idle")
            )
            item.append("model", .string(header.task.model))
            item.append("began", .string(header.began.description))
            item.append("used", .string(used.description))
            item.append("workspace", .string(header.task.workspace))
            items.append(.object(item))
        }
        return items
    }

    // MARK: - Throwing away

    /// Removes a session and its work tree.
    func delete(_ id: TaskID) async throws {
        let folder = SessionFolder(of: id, in: workspaceRoot)
        guard try await onDisk({ folder.hasSession }) else { throw Refusal.unknownSession }
        guard !isCalled(id), executor.settings.agents[id] == nil, let lock = try await onDisk({ folder.lockIfFree() })
        else { throw Refusal.running }
        await folder.remove(executor.settings.childEnvironment)
        lock.release()
    }

    private func onDisk<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            disk.async { continuation.resume(with: Result { try body() }) }
        }
    }
}

/// A feed, and where in it somebody begins to listen.
struct AgentListening: Sendable {
    let feed: AgentFeed
    let from: Int64
}
