import Dispatch
import Logging
import Synchronization
import YggConfiguration
import YggCore
import YggProtocol

/// Where the configuration of a process that serves comes from, and who takes it over when it is read anew.
///
/// A configuration counts as a whole or not at all: every part says first what it would do with it, and may refuse it, before
/// any part does anything.
actor ReloadDesk {
    /// Prepares what follows from settings, and returns what takes it over. Preparing changes nothing; it may wait for disks.
    typealias Part = @Sendable (ResolvedSettings) throws -> Takeover
    typealias Takeover = @Sendable (Author, ReloadPlan) async throws -> Void

    /// In the order in which they take over: the coordinator first, because it keeps the audit.
    enum PartName: Int, Comparable {
        case coordinator, executor

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    private let started: ResolvedSettings
    private let resolve: @Sendable () throws -> ResolvedSettings
    private let supervisor: Supervisor
    private let queue = DispatchQueue(label: "ygg.reload")
    private let parts = Mutex<[PartName: Part]>([:])
    /// What was taken over last.
    private let current: Mutex<ResolvedSettings>
    private var last: Task<ReloadPlan, any Error>?

    /// - Parameters:
    ///   - settings: what the process was started with.
    ///   - resolve: reads them anew, with the flags and variables of the start.
    init(
        _ settings: ResolvedSettings,
        supervisor: Supervisor,
        resolve: @escaping @Sendable () throws -> ResolvedSettings
    ) {
        started = settings
        current = Mutex(settings)
        self.supervisor = supervisor
        self.resolve = resolve
    }

    /// As they were last read: what is started from here on is started with them.
    nonisolated var settings: ResolvedSettings { current.withLock { $0 } }

    /// Another one under the same name gives way to it.
    nonisolated func set(_ name: PartName, _ part: @escaping Part) { parts.withLock { $0[name] = part } }

    /// Reads the configuration and takes it over. One at a time, and to its end: whoever asked may go away.
    /// - Throws: a `Problem` where it cannot be used; then nothing has changed.
    func reload(by author: Author) async throws -> JSONObject {
        let before = last
        let work = Task {
            _ = await before?.result
            return try await self.perform(by: author)
        }
        last = work
        let plan = try await work.value
        var answer: JSONObject = ["role": .string(started.role.rawValue)]
        for member in plan.json(file: settings.configurationFile).members { answer.append(member.key, member.value) }
        return answer
    }

    /// For a signal, which nobody answers.
    func reload(logger: Logger) async {
        do {
            let answer = try await reload(by: .local)
            logger.notice("configuration.reloaded", metadata: ["result": "\(JSON.object(answer).text)"])
        } catch {
            let failure = CommandFailure(describing: error)
            logger.warning(
                "configuration.refused",
                metadata: ["reason": "\(failure.message)", "next": "\(failure.next ?? "")"]
            )
        }
    }

    private func perform(by author: Author) async throws -> ReloadPlan {
        supervisor.reloading()
        defer { supervisor.reloaded() }
        let (wanted, takeovers) = try await prepare()
        let plan = ReloadPlan(started: started, current: settings, wanted: wanted)
        if !plan.changed.isEmpty {
            for takeover in takeovers { try await takeover(author, plan) }
        }
        current.withLock { $0 = wanted }
        return plan
    }

    private func prepare() async throws -> (ResolvedSettings, [Takeover]) {
        let parts = parts.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { [resolve] in
                continuation.resume(
                    with: Result {
                        do {
                            let wanted = try resolve()
                            return (wanted, try parts.map { try $0(wanted) })
                        } catch {
                            let failure = CommandFailure(describing: error)
                            throw Problem.configurationRefused(failure.message)
                        }
                    }
                )
            }
        }
    }
}
