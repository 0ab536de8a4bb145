import YggCore

/// Everything in one simulated world.
final class Fleet: @unchecked Sendable {
    /// How long work of the `far-` route keeps its lease while its executor is away.
    static let lostAfter = Milliseconds.seconds(45)

    let world: World
    let sabotage: Sabotage
    private(set) lazy var network = Network(world)
    private(set) lazy var auditor = Auditor(self)
    private(set) lazy var clients = Clients(self)
    private(set) lazy var people = People(self)
    private(set) lazy var repository = SimulatedRepository(self)
    private(set) lazy var coordinator = CoordinatorNode(self)
    private(set) lazy var executors = world.scenario.executors.map { ExecutorNode($0, self) }

    init(_ scenario: Scenario, sabotage: Sabotage) {
        world = World(scenario)
        self.sabotage = sabotage
    }

    /// Sets the scene.
    func begin() {
        coordinator.start()
        for executor in executors { executor.start() }
        clients.start()
        people.start()
        for commit in world.scenario.commits { world.at(commit.at) { self.repository.commit(on: commit.branch) } }
        for fault in world.scenario.faults { begin(fault) }
    }

    /// Whether the story is told: it is calm, and nobody has anything left to do.
    var isOver: Bool {
        world.now >= Instant(nanoseconds: 0) + world.scenario.calmAt && clients.areDone && auditor.isQuiet
            && executors.allSatisfy { $0.process?.isIdle ?? false }
    }

    /// Ends everything. Nodes and their processes know each other, and would keep each other for ever.
    func end() {
        world.end()
        coordinator.forget()
        for executor in executors { executor.forget() }
    }

    private func begin(_ fault: Fault) {
        switch fault.kind {
        case .executorCrash(let id, let isPowerLoss):
            at(fault) { self.node(id)?.crash(isPowerLoss: isPowerLoss, for: fault.duration) }
        case .executorFreeze(let id): at(fault) { self.node(id)?.freeze(for: fault.duration) }
        case .lifecycle(let id, let action): at(fault) { self.node(id)?.order(action, for: fault.duration) }
        case .order(let id, let action):
            at(fault) {
                self.node(id)?.expectOrder(for: fault.duration)
                self.clients.order(action, to: id, for: fault.duration)
            }
        case .coordinatorCrash: at(fault) { self.coordinator.crash(for: fault.duration) }
        case .coordinatorStop: at(fault) { self.coordinator.stop(for: fault.duration) }
        case .coordinatorFreeze: at(fault) { self.coordinator.freeze(for: fault.duration) }
        case .clockJump(let name, let by):
            at(fault) { (self.node(ExecutorID(trusted: name))?.machine ?? self.coordinator.machine).jump(by: by) }
        case .network(let endpoint, let trouble):
            at(fault) { self.world.note(endpoint, "its network has trouble for \(fault.duration.text): \(trouble)") }
        case .restore(let age):
            let backup = Backup()
            world.at(Milliseconds(max(0, fault.at.rawValue - age.rawValue))) { self.coordinator.copy(to: backup) }
            at(fault) { self.coordinator.restore(backup, after: fault.duration) }
        case .databaseFull:
            at(fault) { self.world.note("coordinator", "its disk is full for \(fault.duration.text)") }
        case .crashAtWrite: break
        }
    }

    private func at(_ fault: Fault, _ body: @escaping @Sendable () -> Void) { world.at(fault.at, body) }

    func node(_ id: ExecutorID) -> ExecutorNode? { executors.first { $0.plan.id == id } }
}
