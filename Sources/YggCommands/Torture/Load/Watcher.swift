import Synchronization
import YggClient
import YggCore
import YggTorture

/// Looks at the fleet while it is tortured, straight at the coordinator: what it tells of tasks, whether a process is gone
/// that ought to run, and how late this machine lets a timer be.
final class Watcher: Sendable {
    private struct Notes {
        var observations: [Observation] = []
        var incidents: [String] = []
        var longestStall: Int64 = 0
    }

    private let fleet: TortureFleet
    private let log: TortureLog
    private let notes = Mutex(Notes())

    init(_ fleet: TortureFleet, log: TortureLog) {
        self.fleet = fleet
        self.log = log
    }

    var observations: [Observation] { notes.withLock { $0.observations } }
    var incidents: [String] { notes.withLock { $0.incidents } }
    var longestStall: Milliseconds { notes.withLock { Milliseconds($0.longestStall / 1_000_000) } }

    /// Returns when it is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [self] in await every(.seconds(2)) { await observe() } }
            group.addTask { [self] in await every(.milliseconds(250)) { await watchProcesses() } }
            group.addTask { [self] in await measureStalls() }
        }
    }

    private func every(_ pause: Duration, _ body: () async -> Void) async {
        while (try? await Task.sleep(for: pause)) != nil { await body() }
    }

    private func observe() async {
        let askedAt = Instant(nanoseconds: MonotonicTime.now)
        guard let page = try? await fleet.direct.tasks(TaskFilter(), limit: 200) else { return }
        let answeredAt = Instant(nanoseconds: MonotonicTime.now)
        let seen = page.items.compactMap { Observation(.object($0), askedAt: askedAt, answeredAt: answeredAt) }
        notes.withLock { $0.observations += seen }
    }

    /// A process that ended by itself is an incident, and is started again, as a supervisor would.
    private func watchProcesses() async {
        for member in fleet.members {
            guard let status = member.surprise else { continue }
            let incident = "\(member.name) ended by itself, with status \(status): \(member.lastWords.suffix(400))"
            log.write("incident", incident)
            notes.withLock { $0.incidents.append(incident) }
            member.end(with: 0)
            _ = try? await member.startUntilReady()
        }
    }

    private func measureStalls() async {
        let pause: Int64 = 50_000_000
        while !Task.isCancelled {
            let due = MonotonicTime.now + pause
            guard (try? await Task.sleep(for: .nanoseconds(pause))) != nil else { return }
            let late = MonotonicTime.now - due
            notes.withLock { $0.longestStall = max($0.longestStall, late) }
        }
    }
}
