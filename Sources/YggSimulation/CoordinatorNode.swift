import Logging
import Synchronization
import YggCoordinator
import YggCore
import YggExecutor
import YggProtocol
import YggStorage

/// What an executor sends.
struct CoordinatorRequest: Sendable {
    var from: ExecutorID
    var process: ExecutorProcess
    var number: Int
    var path: String
    var body: [UInt8]
    /// What its sender knew to be acknowledged.
    var acknowledged: [LeaseKey: Int64]

    var name: String { path.hasSuffix("/sync") ? "a sync" : path.hasSuffix("/reports") ? "a report" : "a registration" }
}

enum CoordinatorReply: Sendable {
    case answered(status: Int, [UInt8])
    /// Nobody listens.
    case refused
}

/// The machine of the coordinator, and a supervisor that starts it again.
final class CoordinatorNode: @unchecked Sendable {
    unowned let fleet: Fleet
    let machine: SimulatedMachine
    private(set) var process: CoordinatorProcess?
    private var database: SteppedDatabase?
    /// A copy that takes the place of the store at the next start.
    private var backup: SteppedDatabase?
    /// How many stores there have been: one more after every restore.
    private(set) var generation = 1
    /// Commits of all lives.
    private var writes = 0
    private var boots = 0

    init(_ fleet: Fleet) {
        self.fleet = fleet
        machine = SimulatedMachine("coordinator", fleet.world)
    }

    func start() {
        guard process == nil else { return }
        boots += 1
        fleet.world.note("coordinator", "starts, boot \(boots)")
        let process = CoordinatorProcess(self, boot: boots)
        self.process = process
        do {
            let onPending: @Sendable () -> Void = { [weak process] in process?.commitSoon() }
            let database =
                try database?.reopened(onPending: onPending)
                ?? SteppedDatabase(sabotage: fleet.sabotage, onPending: onPending)
            self.database = database
            process.start(database, restoring: backup?.reopened(onPending: onPending))
        } catch {
            fleet.world.fail(.everyRunEnds, "the store cannot be made: \(error)")
        }
    }

    /// The history is over.
    func forget() {
        process = nil
        database = nil
        backup = nil
    }

    func crash(for duration: Milliseconds, _ how: String = "crashes") {
        guard let process else { return }
        fleet.world.note("coordinator", how)
        process.close()
        self.process = nil
        fleet.world.after(duration) { self.start() }
    }

    func copy(to backup: Backup) { backup.database = try? database?.copy() }

    /// The machine is lost, and another takes its place that has nothing but the backup.
    func restore(_ backup: Backup, after duration: Milliseconds) {
        if let database = backup.database { self.backup = database }
        crash(for: duration, "is lost, with everything since the last backup")
    }

    /// The backup has become the store.
    fileprivate func restored(_ database: SteppedDatabase) {
        self.database = database
        backup = nil
        generation += 1
        fleet.world.note("coordinator", "goes on with the backup")
        fleet.auditor.restored()
        fleet.clients.restored()
    }

    func stop(for duration: Milliseconds) {
        guard let process else { return }
        fleet.world.note("coordinator", "is told to stop")
        process.leave()
        fleet.world.after(400) { [weak process] in
            if let process, process === self.process { self.crash(for: duration, "has stopped") }
        }
    }

    func freeze(for duration: Milliseconds) {
        fleet.world.note("coordinator", "is frozen for \(duration.text)")
        process?.freeze(for: duration)
    }

    /// What becomes of the next commit.
    func fate() -> (SteppedDatabase.Fate, down: Milliseconds) {
        writes += 1
        let time = fleet.world.now - Instant(nanoseconds: 0)
        for fault in fleet.world.scenario.faults {
            switch fault.kind {
            case .crashAtWrite(writes, let isCommitted): return (isCommitted ? .unanswered : .lost, fault.duration)
            case .databaseFull where fault.at <= time && time < fault.end: return (.refused, .zero)
            default: continue
            }
        }
        return (.committed, .zero)
    }

    /// Everything that is committed.
    func look<Value>(_ body: (any SQLTransaction) throws -> Value) -> Value? { try? database?.look(body) }

    // MARK: Messages

    func receive(_ request: CoordinatorRequest, _ answer: @escaping @Sendable (CoordinatorReply) -> Void) {
        guard let process else { return answer(.refused) }
        process.receive(request, answer)
    }

    func hangUp(_ executor: ExecutorID, _ boot: Int, _ number: Int) { process?.hangUp(executor, boot, number) }

    func call<Value: Sendable>(
        _ body: @escaping @Sendable (Coordinator) async throws -> Value,
        _ answer: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        guard let process else { return answer(.failure(ClientFailure.refused)) }
        process.call(body, answer)
    }
}

/// One life of a coordinator: the production shell on a stepped thread.
final class CoordinatorProcess: SimulatedProcess, @unchecked Sendable {
    private struct Connection: Hashable {
        var executor: ExecutorID
        var boot: Int
        var number: Int
    }

    let startedAt: Instant
    private let node: CoordinatorNode
    private var database: SteppedDatabase?
    private(set) var coordinator: Coordinator?
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastTask = 0
    private var connections: [Connection: Int] = [:]
    private var random: SeededRandom
    private var isCommitDue = false

    init(_ node: CoordinatorNode, boot: Int) {
        self.node = node
        startedAt = node.fleet.world.now
        random = SeededRandom(seed: node.fleet.world.scenario.seed, stream: "coordinator boot \(boot)")
        super.init(node.machine, threads: 1)
    }

    /// - Parameter backup: what takes the place of the store.
    func start(_ present: SteppedDatabase, restoring backup: SteppedDatabase?) {
        let database = backup ?? present
        self.database = database
        run { [self] in
            do {
                if let backup {
                    try await Migrator.migrate(backup)
                    _ = try await Restoration.adopt(backup, newID: "store-\(node.generation + 1)", at: clock.time())
                    guard !isDead else { return }
                    node.restored(backup)
                }
                let coordinator = try await Coordinator.start(
                    settings: settings,
                    database: database,
                    link: NoAgents(),
                    machine: Machine(
                        now: clock.now,
                        time: clock.time,
                        sleep: { await self.sleep($0) },
                        random: { self.random.next() }
                    ),
                    sabotage: node.fleet.sabotage,
                    logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
                )
                guard !isDead else { return }
                self.coordinator = coordinator
                run { await coordinator.sweep() }
                run { await coordinator.wakeDueTasks() }
            } catch {
                // A full disk, for example: a supervisor tries again.
                if !isDead { node.crash(for: .seconds(1), "cannot start") }
            }
        }
    }

    private var settings: CoordinatorSettings {
        let ids = world.scenario.executors.map(\.id)
        let far = Route(prefix: "far-", executors: ids, offline: .continue, lostAfter: Fleet.lostAfter)
        return CoordinatorSettings(
            routes: RouteTable([far], areConfigured: true),
            declaredKinds: SimulatedKind.allCases.map(\.spec),
            leases: LeaseKeeper.Settings(ttl: world.scenario.ttl),
            dataDirectory: "/"
        )
    }

    func leave() {
        guard let coordinator else { return }
        run { await coordinator.leave() }
    }

    @discardableResult
    private func run(_ body: @escaping @Sendable () async -> Void) -> Int {
        lastTask += 1
        let number = lastTask
        tasks[number] = Task(executorPreference: threads[0]) { [self] in
            await body()
            tasks[number] = nil
        }
        return number
    }

    override func tearDown() {
        for number in tasks.keys.sorted() { tasks[number]?.cancel() }
        database?.die()
        coordinator = nil
    }

    // MARK: The store

    /// The disk takes its time: writes that come meanwhile are committed together.
    func commitSoon() {
        guard !isCommitDue else { return }
        isCommitDue = true
        let delay = Int64(random.int(100_000..<4_000_000))
        threads[0].schedule(at: Instant(nanoseconds: clock.now().nanoseconds + delay)) { [self] in
            isCommitDue = false
            guard let database, !isDead else { return }
            commit(database)
        }
    }

    private func commit(_ database: SteppedDatabase) {
        let (fate, downtime) = node.fate()
        do {
            guard try database.commit(random.int(1..<6), fate) else { return }
        } catch {
            world.fail(.everyRunEnds, "a commit failed: \(error)")
        }
        world.mark(1)
        switch fate {
        case .committed, .refused: commitSoon()
        case .lost: node.crash(for: downtime, "crashes before a commit")
        case .unanswered: node.crash(for: downtime, "crashes after a commit that nobody hears of")
        }
        node.fleet.auditor.look()
    }

    // MARK: Requests

    func receive(_ request: CoordinatorRequest, _ answer: @escaping @Sendable (CoordinatorReply) -> Void) {
        guard let coordinator, !isDead else { return answer(.refused) }
        let connection = Connection(executor: request.from, boot: request.process.boot, number: request.number)
        connections[connection] = run { [self] in
            let reply = await reply(to: request, coordinator)
            connections[connection] = nil
            if !isDead { answer(reply) }
        }
    }

    func hangUp(_ executor: ExecutorID, _ boot: Int, _ number: Int) {
        let connection = Connection(executor: executor, boot: boot, number: number)
        if let task = connections[connection] { tasks[task]?.cancel() }
    }

    /// What the routes of the server do with a request.
    private func reply(to request: CoordinatorRequest, _ coordinator: Coordinator) async -> CoordinatorReply {
        let auditor = node.fleet.auditor
        do {
            var reader = try ObjectReader(JSON(parsing: request.body))
            switch request.path {
            case "/v1/executors":
                return .ok(try await coordinator.register(Registration(reading: &reader)).json)
            case "/v1/executors/\(request.from)/sync":
                let sync = try SyncRequest(reading: &reader)
                auditor.heard(sync, request)
                return .ok(try await coordinator.sync(request.from, sync).json)
            case "/v1/executors/\(request.from)/reports":
                let report = try ReportsRequest(reading: &reader)
                auditor.heard(report, request)
                return .ok(try await coordinator.report(request.from, report).json)
            default: return .answered(status: 404, [])
            }
        } catch let problem as Problem {
            return .answered(status: problem.status, problem.json(requestID: nil).bytes)
        } catch let error as InvalidInput {
            world.fail(.everyRunEnds, "the coordinator does not understand \(request.name): \(error)")
            return .answered(status: 400, Problem.invalidRequest(error).json(requestID: nil).bytes)
        } catch {
            return .answered(status: 503, JSONObject().bytes)
        }
    }

    /// A client's call.
    func call<Value: Sendable>(
        _ body: @escaping @Sendable (Coordinator) async throws -> Value,
        _ answer: @escaping @Sendable (Result<Value, any Error>) -> Void
    ) {
        guard let coordinator, !isDead else { return answer(.failure(ClientFailure.refused)) }
        run { [self] in
            let result: Result<Value, any Error>
            do { result = .success(try await body(coordinator)) } catch { result = .failure(error) }
            if !isDead { answer(result) }
        }
    }
}

/// Nobody lives at a fixed address: every executor asks for its work.
private struct NoAgents: AgentLink {
    func send(_ request: AgentRequest) async -> ForwardedAnswer { .unsent("nobody lives there") }
}

/// A copy of the store, once it is taken.
final class Backup: @unchecked Sendable {
    var database: SteppedDatabase?
}

enum ClientFailure: Error { case refused }

extension CoordinatorReply {
    fileprivate static func ok(_ json: JSONObject) -> CoordinatorReply { .answered(status: 200, json.bytes) }
}
