import YggCoordinator
import YggCore
import YggExecutor
import YggProtocol
import YggStorage

/// Watches everything and says which rule was broken. It believes nobody: what it compares is what clients were told, what
/// the store holds after every commit, and what handlers really did.
final class Auditor: @unchecked Sendable {
    /// An attempt that a handler is at.
    struct Running {
        var key: LeaseKey
        var kind: SimulatedKind
        var process: ExecutorProcess
        /// Of the store that granted it.
        var generation: Int
        /// How long its process had been frozen before.
        var frozenBefore: Milliseconds
    }

    unowned let fleet: Fleet
    let store = TaskStore()
    /// The last look at the store.
    private(set) var tasks: [TaskID: TaskGlance] = [:]
    private var names: [TaskID: String] = [:]
    private var cancelled: Set<TaskID> = []
    private var grantedAt: [LeaseKey: Instant] = [:]
    private(set) var running: [Running] = []
    private var begun: Set<String> = []
    /// Leases that a restored store says are running, which is all that it knows of them.
    private var inherited: Set<LeaseKey> = []
    /// What handlers ended with.
    private var endings: [LeaseKey: HandlerResult] = [:]
    private var lastSync: [String: (number: Int, seen: Int64)] = [:]
    private var openTasks = 0
    /// What people were asked and what they said.
    var approvals = ApprovalAudit()

    init(_ fleet: Fleet) { self.fleet = fleet }

    var world: World { fleet.world }

    /// Whether every task has ended, and every slot is free.
    var isQuiet: Bool { openTasks == 0 && takenSlots.isEmpty }

    /// Executors of which the coordinator counts a slot as taken.
    private var takenSlots: [ExecutorID] {
        guard let coordinator = fleet.coordinator.process?.coordinator else { return [] }
        return coordinator.executors.filter { view in
            fleet.node(view.offer.id).map { $0.plan.slots != view.free["default"] } ?? false
        }.map(\.offer.id)
    }

    /// What the story calls a task.
    func call(_ id: TaskID, _ name: String) { names[id] = name }

    func name(_ id: TaskID) -> String { names[id] ?? id.rawValue }

    // MARK: What clients are told

    func acknowledged(_ id: TaskID, as name: String) {
        world.note(Clients.name, "hears that \(name) is kept")
        call(id, name)
        if !knows(id) { world.fail(.acknowledgedIsKept, "\(name) was acknowledged and is not in the store") }
    }

    func knows(_ id: TaskID) -> Bool { tasks[id] != nil }

    func mustCancel(_ id: TaskID, _ name: String) {
        world.note(Clients.name, "hears that \(name) is being cancelled")
        cancelled.insert(id)
    }

    // MARK: What executors say

    func heard(_ sync: SyncRequest, _ request: CoordinatorRequest) {
        let sender = "\(request.from) \(sync.bootID)"
        guard let last = lastSync[sender], request.number <= last.number else {
            if let last = lastSync[sender], sync.seen < last.seen {
                world.fail(
                    .statementsGoForward,
                    "\(request.from) went back from statement \(last.seen) to \(sync.seen)"
                )
            }
            lastSync[sender] = (request.number, sync.seen)
            return
        }
    }

    func heard(_ report: ReportsRequest, _ request: CoordinatorRequest) {
        for entry in report.entries where entry.n <= request.acknowledged[entry.key] ?? 0 {
            world.fail(
                .acknowledgedIsForgotten,
                "\(request.from) says entry \(entry.n) of \(entry.key) again, though it knows that it arrived"
            )
        }
    }

    // MARK: What handlers do

    func began(_ key: LeaseKey, _ kind: SimulatedKind, on process: ExecutorProcess) {
        if process.isDead { return }
        world.note(process.machine.name, "begins \(name(key.task)), epoch \(key.epoch)")
        if !begun.insert(mark(of: key, on: process)).inserted {
            world.fail(.endsOnce, "epoch \(key.epoch) of \(name(key.task)) is begun twice")
        }
        let used = running.filter { $0.process === process }.reduce(kind.slots) { $0 + $1.kind.slots }
        if used > process.node.plan.slots {
            world.fail(.slotsAreCountedOnce, "\(process.id) runs \(used) slots of work on \(process.node.plan.slots)")
        }
        if let other = running.first(where: { $0.key.task == key.task && $0.generation == process.generation }),
            !kind.goesOnOffline, other.process.frozenFor == other.frozenBefore
        {
            world.fail(
                .runsInOnePlace,
                "\(name(key.task)) begins on \(process.id) while epoch \(other.key.epoch) still runs on \(other.process.id)"
            )
        }
        running.append(
            Running(
                key: key,
                kind: kind,
                process: process,
                generation: process.generation,
                frozenBefore: process.frozenFor
            )
        )
    }

    /// What a handler says that it worked under. A restored store may give a task anew that it has forgotten.
    func mark(of key: LeaseKey, on process: ExecutorProcess) -> String { "\(key) of store \(process.generation)" }

    func ended(_ key: LeaseKey, _ ending: HandlerResult, on process: ExecutorProcess) {
        if process.isDead { return }
        let how = ending.interruption?.rawValue ?? ending.outcome.rawValue
        world.note(process.machine.name, "ends \(name(key.task)), epoch \(key.epoch): \(how)")
        running.removeAll { $0.key == key && $0.process === process }
        endings[key] = ending
    }

    func died(_ process: ExecutorProcess?) { running.removeAll { $0.process === process } }

    // MARK: What the store holds

    /// Another store has taken the place of the one that was watched: what clients were told since its backup is lost,
    /// and they know it.
    func restored() {
        tasks = [:]
        cancelled = []
        grantedAt = [:]
        endings = [:]
        approvals.restored()
        look()
        inherited = Set(tasks.values.filter { $0.state == .running }.map { LeaseKey(task: $0.id, epoch: $0.epoch) })
    }

    /// After every commit.
    func look() {
        guard let glances = fleet.coordinator.look({ tx in try store.glances(in: tx) }) else { return }
        var now: [TaskID: TaskGlance] = [:]
        for glance in glances { now[glance.id] = glance }
        openTasks = glances.count { !$0.state.isTerminal }
        for id in tasks.keys.sorted() where now[id] == nil {
            world.fail(.acknowledgedIsKept, "\(name(id)) has vanished from the store")
        }
        let before = tasks
        tasks = now
        for glance in glances where before[glance.id] != glance { compare(before[glance.id], glance) }
        countSlots(glances)
        lookAtApprovals(glances)
    }

    private func compare(_ before: TaskGlance?, _ task: TaskGlance) {
        let name = name(task.id)
        let place = task.executor.map { " on \($0)" } ?? ""
        if before?.state != task.state || before?.epoch != task.epoch {
            let onPlace = task.state == .running ? place : ""
            world.note("store", "\(name) is \(task.state.rawValue)\(onPlace), epoch \(task.epoch)")
        }
        world.mark(task.version)
        world.mark(task.nextSeq)
        let key = LeaseKey(task: task.id, epoch: task.epoch)
        if task.state == .running, grantedAt[key] == nil { grantedAt[key] = world.now }
        guard let before else { return }
        if before.state.isTerminal {
            world.fail(.endsOnce, "\(name) had ended as \(before.state.rawValue) and changed")
        }
        if task.epoch < before.epoch || task.version < before.version || task.nextSeq < before.nextSeq
            || task.epoch == before.epoch && task.reported < before.reported
        {
            world.fail(.nothingGoesBack, "\(name) went from epoch \(before.epoch) to \(task.epoch)")
        }
        if task.attempt > max(1, before.attempt), case let last = endings[LeaseKey(task: task.id, epoch: before.epoch)],
            last?.outcome != .failed || last?.interruption != nil
        {
            world.fail(.failuresAreCounted, "\(name) counts a try as failed whose handler did not fail")
        }
        if task.result != before.result { checkResult(of: task, before, name) }
        if before.state == .running, task.epoch > before.epoch, task.state != .cancelled { checkLoss(before, name) }
    }

    private func checkResult(of task: TaskGlance, _ before: TaskGlance, _ name: String) {
        func author(_ task: TaskGlance) -> String? {
            task.result.flatMap { try? JSON(parsing: $0) }?["by"]?.stringValue
        }
        // What nobody approved stays the same work, though it did not count.
        guard let by = author(task), by != author(before) else { return }
        if by != "\(LeaseKey(task: task.id, epoch: task.epoch)) of store \(fleet.coordinator.generation)" {
            world.fail(.staleIsRefused, "\(name) took the result of \(by) at epoch \(task.epoch)")
        }
    }

    /// An executor that was heard all the time, and told nothing else, keeps its leases.
    private func checkLoss(_ before: TaskGlance, _ name: String) {
        let key = LeaseKey(task: before.id, epoch: before.epoch)
        guard let executor = before.executor, let node = fleet.node(executor), let process = node.process,
            let granted = grantedAt[key], let coordinator = fleet.coordinator.process,
            !node.mayBeOrdered, process.frozenFor == .zero, coordinator.frozenFor == .zero,
            process.contact.holds(since: granted, at: world.now), !inherited.contains(key),
            // What failed, or could not be landed, may be granted anew in the commit that takes the word of it.
            endings[key]?.outcome != .failed
        else { return }
        world.fail(.leaseHasOwner, "\(name) was taken from \(executor), which holds it and is in good contact")
    }

    private func countSlots(_ glances: [TaskGlance]) {
        guard let coordinator = fleet.coordinator.process?.coordinator else { return }
        for view in coordinator.executors {
            guard let plan = fleet.node(view.offer.id)?.plan else { continue }
            let held = glances.filter { $0.state == .running && $0.executor == view.offer.id }
            if held.map(\.id).sorted() != view.tasks {
                let names = held.map { name($0.id) }
                world.fail(.leaseHasOwner, "the store and the leases of \(plan.id) disagree: \(names)")
            }
            let kinds = held.compactMap { SimulatedKind(prefix: $0.prefix) }
            let used = kinds.reduce(0) { $0 + $1.slots }
            let strict = kinds.filter { !$0.isPrefetched }.reduce(0) { $0 + $1.slots }
            if strict > plan.slots || used > plan.slots + plan.window {
                world.fail(.slotsAreCountedOnce, "\(plan.id) was granted \(used) slots of work on \(plan.slots)")
            }
            if view.free["default"] > plan.slots - used {
                let free = view.free["default"]
                world.fail(.slotsAreCountedOnce, "\(free) slots of \(plan.id) count as free, \(used) are taken")
            }
        }
    }

    // MARK: The end

    /// Once the story is told.
    func conclude() {
        for id in cancelled.sorted() where tasks[id]?.state != .cancelled && !hasLanded(id) {
            world.fail(.endsOnce, "\(name(id)) was to be cancelled and is \(tasks[id]?.state.rawValue ?? "gone")")
        }
        for task in tasks.values.sorted(by: { $0.id < $1.id }) { readLog(of: task) }
    }

    /// Why the story has no end.
    func explainNoEnd() {
        let open = tasks.values.filter { !$0.state.isTerminal }.sorted { $0.id < $1.id }.map { task in
            "\(name(task.id)) is \(task.state.rawValue)\(task.executor.map { " on \($0)" } ?? "") at epoch \(task.epoch)"
        }
        if open.isEmpty, !takenSlots.isEmpty {
            world.fail(.slotsAreCountedOnce, "slots of \(takenSlots) count as taken for ever")
        }
        world.fail(.everyRunEnds, open.isEmpty ? "somebody still waits for an answer" : open.joined(separator: ", "))
    }
}
