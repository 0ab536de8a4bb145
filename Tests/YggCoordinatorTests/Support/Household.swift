import FoundationEssentials
import Logging
import Synchronization
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

/// A coordinator without HTTP on a store of its own, and the calls of an executor that runs nothing.
struct Household: Sendable {
    let layout: StoreLayout
    let database: SQLiteDatabase
    let coordinator: Coordinator
    let disk: Disk

    /// A disk that has what a test says.
    final class Disk: Sendable {
        let free = Mutex<Int64>(1 << 40)
    }

    static let kind = KindSpec(kind: TaskKind(trusted: "test-noop"), description: "")

    /// - Parameter directory: nil makes one that is gone afterwards.
    static func with<Value>(
        directory: String? = nil,
        retention: RetentionRules = RetentionRules(age: .days(30), size: 1 << 40),
        openTasks: Int = 1000,
        requestsPerSecond: Int = 1000,
        backup: BackupSettings? = nil,
        machine: Machine = .host,
        link: any AgentLink = NoAgents(),
        agents: AgentDirectory = AgentDirectory(),
        sharedToken: String? = nil,
        _ body: (Household) async throws -> Value
    ) async throws -> Value {
        let own = FileManager.default.temporaryDirectory.path + "/ygg-household-\(UInt64.random(in: 0 ... .max))"
        let folder = directory ?? own
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { if directory == nil { try? FileManager.default.removeItem(atPath: own) } }
        let disk = Disk()
        var settings = CoordinatorSettings(dataDirectory: folder)
        settings.declaredKinds = [kind]
        settings.retention = retention
        settings.limits.openTasks = openTasks
        settings.access.requestsPerSecond = requestsPerSecond
        settings.backup = backup
        settings.agents = agents
        settings.access.sharedToken = sharedToken
        settings.measureDisk = {
            DiskSpace(path: folder, free: disk.free.withLock { $0 }, total: 1 << 40)
        }
        let layout = StoreLayout(directory: folder)
        let database = try SQLiteDatabase(path: layout.database)
        do {
            let coordinator = try await Coordinator.start(
                settings: settings,
                database: database,
                link: link,
                machine: machine,
                logger: quiet
            )
            let household = Household(layout: layout, database: database, coordinator: coordinator, disk: disk)
            let value = try await body(household)
            await database.close()
            return value
        } catch {
            await database.close()
            throw error
        }
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    var retention: Retention { Retention(coordinator: coordinator, upkeep: database, logger: Self.quiet) }

    @discardableResult
    func submit(_ id: String, after dependencies: [String] = []) async throws -> FleetTask {
        var object: JSONObject = ["kind": "test-noop", "id": .string(id)]
        if !dependencies.isEmpty { object.append("dependsOn", .array(dependencies.map(JSON.string))) }
        var reader = ObjectReader(object)
        return try await coordinator.submit(try TaskSubmission(reading: &reader)).task
    }

    /// Registers an executor that runs and asks for nothing.
    func register(_ id: ExecutorID, boot: String = "b", life: Int64? = nil, url: String? = nil) async throws {
        let offer = ExecutorOffer(
            id: id,
            name: id.rawValue,
            url: url,
            version: YggVersion.current,
            kinds: [Self.kind],
            slots: Slots(["default": 1]),
            window: 0,
            labels: [:],
            repositories: [],
            resources: JSONObject()
        )
        _ = try await coordinator.register(
            Registration(offer: offer, instance: "i", bootID: boot, life: life, host: "h", storeID: nil)
        )
    }

    /// Runs a task as an executor would: so much output, then artifacts, then the result.
    func run(_ id: String, output: Int = 100, artifacts: [[UInt8]] = [], endedAt: Timestamp = .now) async throws {
        try await start(id)
        for bytes in artifacts { try await upload(bytes, to: id) }
        try await database.write { [store = coordinator.store] tx in
            guard var stored = try store.task(TaskID(trusted: id), in: tx) else { return }
            let text = String(repeating: "x", count: output)
            let report = FinalReport(ending: .finished(.succeeded), result: ["outcome": "succeeded"])
            let task = try stored.task.applying(
                .reported(report, epoch: stored.task.epoch),
                at: endedAt,
                jitter: 0
            )
            try store.update(
                &stored,
                to: task,
                events: [
                    EventDraft(at: endedAt, type: .output, data: ["stream": "stdout", "text": .string(text)]),
                    EventDraft(at: endedAt, type: .state, data: ["state": "succeeded"]),
                ],
                in: tx
            )
        }
    }

    /// Lets a task be held by an executor, as a claim would.
    func start(_ id: String) async throws {
        try await database.write { [coordinator] tx in
            guard var stored = try coordinator.store.task(TaskID(trusted: id), in: tx) else { return }
            try coordinator.grant(&stored, to: ExecutorID(trusted: "huginn"), at: .now, in: tx)
        }
    }

    func upload(_ bytes: [UInt8], to id: String) async throws {
        var rest: [UInt8]? = bytes
        _ = try await coordinator.saveArtifact(
            sha256: ArtifactStore.hash(of: bytes),
            task: TaskID(trusted: id),
            epoch: 1
        ) {
            defer { rest = nil }
            return rest
        }
    }

    func file(of bytes: [UInt8]) -> String {
        let hash = ArtifactStore.hash(of: bytes)
        return "\(layout.artifacts)/\(hash.prefix(2))/\(hash)"
    }

    func hasFile(of bytes: [UInt8]) -> Bool { FileManager.default.fileExists(atPath: file(of: bytes)) }

    func exists(_ id: String) async throws -> Bool {
        try await database.read { tx in try TaskStore().task(TaskID(trusted: id), in: tx) != nil }
    }
}

/// Nobody is called in a household.
private struct NoAgents: AgentLink {
    func send(_ request: AgentRequest) async -> ForwardedAnswer { .unsent("nobody is reached from here") }
}

extension RetentionRules {
    static let nothing = RetentionRules(age: .days(30), size: 1)
}
