import Logging
import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

/// What handlers of these tests wait on.
private final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var bells: [Wakeup] = []
    }

    private let state = Mutex(State())
    private let thread = DedicatedThread(name: "gate")
    private let startBell = Wakeup()

    deinit { thread.stop() }

    func open() {
        let bells = state.withLock { state in
            state.isOpen = true
            return state.bells
        }
        for bell in bells { bell.ring() }
    }

    /// Somebody is on the way to the gate.
    func begin() { startBell.ring() }

    /// Ends when somebody has begun.
    func begun() async { await startBell.sleep(on: thread) }

    /// Ends when the gate opens, or the task is cancelled.
    func pass() async {
        let bell = Wakeup()
        let isOpen = state.withLock { state in
            state.bells.append(bell)
            return state.isOpen
        }
        if !isOpen { await bell.sleep(on: thread) }
    }
}

private struct FewHandlers: HandlerSource {
    let handlers: [any Handler]

    var kinds: [KindSpec] { handlers.map(\.spec) }
    func handler(for kind: TaskKind) -> (any Handler)? { handlers.first { $0.spec.kind == kind } }
}

private struct Noop: Handler {
    let spec = KindSpec(kind: TaskKind(trusted: "bench-noop"), description: "", prefetch: true)
    func run(_ context: HandlerContext) async -> HandlerResult { HandlerResult(outcome: .succeeded) }
}

/// Says something, then waits for its gate; cancelled, it says so.
private struct Waiting: Handler {
    let gate: Gate
    let spec = KindSpec(
        kind: TaskKind(trusted: "test-wait"),
        description: "",
        params: [ParameterSpec("lines", .integer(min: 0, max: 1000), default: 1)]
    )

    func run(_ context: HandlerContext) async -> HandlerResult {
        gate.begin()
        for line in 0..<(context.params["lines"]?.intValue ?? 0) {
            await context.emit(.output, ["stream": "stdout", "text": .string("line \(line)\n")])
        }
        await gate.pass()
        return HandlerResult(outcome: Task.isCancelled ? .cancelled : .succeeded)
    }
}

/// A disk that has what a test says.
private final class Disk: Sendable {
    let free = Mutex<Int64>(1 << 40)

    var space: DiskSpace { DiskSpace(path: "/data", free: free.withLock { $0 }, total: 1 << 40) }
}

/// Says one thing of a certain length, twice: as an event, and as its result.
private struct Saying: Handler {
    let spec = KindSpec(
        kind: TaskKind(trusted: "test-say"),
        description: "",
        params: [ParameterSpec("bytes", .integer(min: 0, max: 1 << 20), default: 1)]
    )

    func run(_ context: HandlerContext) async -> HandlerResult {
        let text = JSON.string(String(repeating: "x", count: Int(context.params["bytes"]?.intValue ?? 0)))
        await context.emit(.message, ["text": text])
        return HandlerResult(outcome: .succeeded, result: ["text": text])
    }
}

extension Executor {
    /// Waits until `isReached` holds of the attempts that are not over.
    fileprivate func hasWork(_ isReached: (Set<LeaseKey>) -> Bool) async {
        await runtime.attempts.wait(on: runtime.machine.thread, isReached)
    }
}

@Suite(.timeLimit(.minutes(1)))
struct ExecutorTests {
    private let folder = TemporaryFolder()
    private let coordinator = FakeCoordinator()
    private let gate = Gate()
    private let disk = Disk()

    /// Heeds no SIGTERM.
    private var stubborn: any Handler {
        DeclaredHandler(
            DeclaredKind(
                spec: KindSpec(kind: TaskKind(trusted: "test-stubborn"), description: "", origin: .declared),
                run: ["/bin/sh", "-c", "trap '' TERM; echo ready; sleep 1000 & wait; sleep 1000"]
            )
        )
    }

    private func makeExecutor(slots: Int = 2) throws -> Executor {
        var settings = ExecutorSettings(
            id: ExecutorID(trusted: "huginn"),
            handlers: FewHandlers(handlers: [Noop(), Waiting(gate: gate), Saying(), stubborn]),
            workspaceRoot: folder.path,
            repositories: [],
            dataDirectory: folder.path,
            environment: [:]
        )
        settings.slots = Slots(["default": slots])
        settings.diskInterval = 10
        settings.measureDisks = { [disk] in [disk.space] }
        return try Executor(
            settings: settings,
            link: coordinator,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Runs an executor around `body`, then stops it now.
    private func withExecutor(
        slots: Int = 2,
        _ body: (Executor) async throws -> Void
    ) async throws {
        let executor = try makeExecutor(slots: slots)
        let run = Task { try await executor.run() }
        try await body(executor)
        executor.terminate()
        executor.terminate()
        try await run.value
    }

    private func expect(
        _ key: LeaseKey,
        endsAs ending: FinalReport.Ending,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let report = try await coordinator.final(key)
        #expect(report.ending == ending, sourceLocation: location)
    }

    @Test func `a lease is run and its result reported, with every line before it`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait", params: ["lines": 5])
            gate.open()
            try await expect(key, endsAs: .finished(.succeeded))
            let entries = coordinator.state.withLock { $0.entries[key] } ?? []
            #expect(entries.map(\.n) == [1, 2, 3, 4, 5, 6])
        }
        #expect(coordinator.state.withLock { $0.states.last } == .stopped)
        #expect(coordinator.state.withLock { $0.registrations.count } == 1)
    }

    @Test func `a thousand short tasks go through two slots`() async throws {
        try await withExecutor { _ in
            let keys = (0..<1000).map { coordinator.grant("t\($0)", "bench-noop") }
            for key in keys { try await expect(key, endsAs: .finished(.succeeded)) }
        }
    }

    @Test func `cancelled work is ended and says so`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { $0.leases[key]?.want = .cancel }
            try await expect(key, endsAs: .finished(.cancelled))
        }
    }

    @Test func `a refused report ends the attempt, and nothing more of it is sent`() async throws {
        try await withExecutor { executor in
            coordinator.state.withLock { $0.refusedAfter[LeaseKey(task: TaskID(trusted: "a"), epoch: 1)] = 0 }
            let key = coordinator.grant("a", "test-wait")
            let other = coordinator.grant("b", "bench-noop")
            try await expect(other, endsAs: .finished(.succeeded))
            try await coordinator.wait { $0.lastSync?.held.contains(key) == false && $0.leases.isEmpty ? true : nil }
            await executor.hasWork { $0.isEmpty }
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
    }

    @Test func `a report that the coordinator never takes holds up no other, and its attempt has an end`() async throws
    {
        coordinator.change { $0.bodyLimit = 2000 }
        try await withExecutor { _ in
            let long = coordinator.grant("a", "test-say", params: ["bytes": 4000])
            let other = coordinator.grant("b", "bench-noop")
            try await expect(other, endsAs: .finished(.succeeded))
            #expect(try await coordinator.final(long).error?.code == "report-rejected")
            let types = coordinator.state.withLock { $0.entries[long] ?? [] }.map { entry in
                if case .event(let draft) = entry.body { draft.type.rawValue } else { "final" }
            }
            #expect(types == ["gap", "final"])
        }
    }

    @Test func `a lease that is revoked ends the attempt without a report`() async throws {
        try await withExecutor { executor in
            let key = coordinator.grant("a", "test-wait", params: ["lines": 0])
            await gate.begun()
            coordinator.change { $0.leases[key] = nil }
            await executor.hasWork { $0.isEmpty }
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
    }

    @Test func `wrong parameters and unknown kinds come back as such`() async throws {
        try await withExecutor { _ in
            let wrong = coordinator.grant("a", "test-wait", params: ["lines": 9999])
            let refused = try await coordinator.final(wrong)
            #expect(refused.error?.code == "invalid-params")
            let unknown = coordinator.grant("b", "ops-unheard-of")
            try await coordinator.wait { $0.leases[unknown] == nil ? true : nil }
        }
    }

    @Test func `a result that could not be delivered is delivered by the next life, under a new boot id`() async throws
    {
        let key = LeaseKey(task: TaskID(trusted: "a"), epoch: 1)
        do {
            let executor = try makeExecutor()
            let run = Task { try await executor.run() }
            coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { $0.failure = .unreachable("pulled out") }
            gate.open()
            await executor.hasWork { $0.isEmpty }
            run.cancel()
            await #expect(throws: (any Error).self) { try await run.value }
        }
        #expect(coordinator.state.withLock { $0.entries[key]?.count } == 1)
        coordinator.change { $0.failure = nil }
        try await withExecutor { _ in
            try await expect(key, endsAs: .finished(.succeeded))
        }
        let registrations = coordinator.state.withLock { $0.registrations }
        #expect(Set(registrations.map(\.bootID)).count == 2)
        #expect(Set(registrations.map(\.instance)).count == 1)
        #expect(registrations.map(\.storeID) == [nil, "store-1"])
    }

    @Test func `a coordinator that does not know it is registered with again, without losing work`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { $0.isKnown = false }
            try await coordinator.wait { $0.registrations.count == 2 ? true : nil }
            gate.open()
            try await expect(key, endsAs: .finished(.succeeded))
            #expect(Set(coordinator.state.withLock { $0.registrations }.map(\.bootID)).count == 1)
        }
    }

    @Test func `a disk that is too full takes no new work, and what runs goes on`() async throws {
        try await withExecutor { executor in
            let running = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[running] }
            disk.free.withLock { $0 = 1 << 20 }
            try await coordinator.wait { $0.lastSync?.capacity == Slots(["default": 0]) ? true : nil }
            let shortage = try #require(coordinator.state.withLock { $0.lastSync?.shortage })
            #expect(shortage.contains("/data has 1 MiB free"))
            #expect(executor.status.disks.sentence == shortage)
            let late = coordinator.grant("b", "bench-noop")
            let reason = try await coordinator.wait { $0.declined[late] }
            #expect(reason == shortage)
            await #expect(throws: ExecutionRefusal.noRoom(shortage)) {
                try await executor.execute(TaskKind(trusted: "bench-noop"), params: JSONObject())
            }
            gate.open()
            try await expect(running, endsAs: .finished(.succeeded))
            disk.free.withLock { $0 = 1 << 40 }
            try await coordinator.wait { state in
                state.lastSync?.capacity == nil && state.lastSync?.shortage == nil ? true : nil
            }
            try await expect(coordinator.grant("c", "bench-noop"), endsAs: .finished(.succeeded))
        }
    }

    @Test func `another store ends all work and begins anew with an empty outbox`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait")
            try await coordinator.wait { $0.entries[key] }
            coordinator.change { state in
                state.storeID = "store-2"
                state.leases = [:]
                state.entries = [:]
            }
            try await coordinator.wait { $0.registrations.count >= 2 ? true : nil }
            let after = coordinator.grant("b", "bench-noop")
            try await expect(after, endsAs: .finished(.succeeded))
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
        #expect(folder.names().contains { $0.hasPrefix("outbox-of-store-1-") })
    }

    @Test func `paused it stays paused where another store speaks`() async throws {
        try await withExecutor { executor in
            try await coordinator.wait { $0.lastSync }
            executor.order(.init(action: .pause, by: "test"))
            coordinator.change { $0.storeID = "store-2" }
            try await coordinator.wait { $0.registrations.count >= 2 ? true : nil }
            let key = coordinator.grant("a", "bench-noop")
            try await coordinator.wait { $0.leases[key] == nil ? true : nil }
            #expect(coordinator.state.withLock { $0.entries[key] } == nil)
        }
    }

    @Test func `who was replaced ends its work and fails`() async throws {
        let executor = try makeExecutor()
        let run = Task { try await executor.run() }
        let key = coordinator.grant("a", "test-wait")
        try await coordinator.wait { $0.entries[key] }
        coordinator.change {
            $0.failure = .refused(
                Problem(status: 409, code: "replaced", title: "", detail: "by fenrir", nextAction: "")
            )
        }
        await #expect { try await run.value } throws: { ($0 as? ExecutorError)?.code == .replaced }
        #expect(executor.status.work.isEmpty)
    }

    @Test(arguments: [("executor-id-in-use", 409, ExecutorError.Code.idInUse), ("unsupported-protocol", 400, .refused)])
    func `a registration that is refused for good ends with the sentence`(
        code: String,
        status: Int,
        expected: ExecutorError.Code
    ) async throws {
        coordinator.change {
            $0.failure = .refused(Problem(status: status, code: code, title: "", detail: "No.", nextAction: ""))
        }
        let executor = try makeExecutor()
        await #expect { try await executor.run() } throws: { error in
            (error as? ExecutorError)?.code == expected && "\(error)".contains("No.")
        }
    }

    @Test func `a second process on the data directory is told who has it`() throws {
        let executor = try makeExecutor()
        #expect { _ = try makeExecutor() } throws: { error in
            (error as? ExecutorError)?.code == .dataDirectoryInUse && "\(error)".contains("huginn")
        }
        withExtendedLifetime(executor) {}
    }

    @Test func `paused it finishes what it has and gives back the rest`() async throws {
        try await withExecutor(slots: 1) { executor in
            let first = coordinator.grant("a", "test-wait")
            let second = coordinator.grant("b", "test-wait")
            try await coordinator.wait { $0.entries[first] }
            executor.order(.init(action: .pause, by: "test", why: "lunch"))
            try await coordinator.wait { $0.leases[second] == nil ? true : nil }
            #expect(coordinator.state.withLock { $0.lastSync?.state } == .paused)
            gate.open()
            try await expect(first, endsAs: .finished(.succeeded))
            await #expect(throws: ExecutionRefusal.paused) {
                try await executor.execute(TaskKind(trusted: "bench-noop"), params: JSONObject())
            }
            executor.order(.init(action: .resume, by: "test"))
            let third = coordinator.grant("c", "bench-noop")
            try await expect(third, endsAs: .finished(.succeeded))
        }
    }

    @Test func `what the coordinator orders is obeyed once, and a later word on the machine counts`() async throws {
        try await withExecutor { executor in
            func want(_ number: Int64, _ action: LifecycleAction) {
                let order = Lifecycle.Order(action: action, by: "freya", why: "lunch")
                coordinator.change { $0.wanted = StandingOrder(number: number, order: order, bootID: "any") }
            }
            want(4, .pause)
            let paused = try await coordinator.wait { state in
                state.lastSync.flatMap { $0.state == .paused ? $0.lifecycle : nil }
            }
            #expect(paused.order == 4 && paused.by == "freya" && paused.why == "lunch")
            executor.order(.init(action: .resume, by: "test"))
            try await coordinator.wait { $0.lastSync?.state == .running ? true : nil }
            let rev = coordinator.change { $0.rev }
            try await coordinator.wait { $0.lastSync.map { $0.seen > rev } ?? false ? true : nil }
            #expect(executor.lifecycle.state == .running, "it was stated again, and is not new")
            want(5, .drain)
            try await coordinator.wait { $0.lastSync?.lifecycle.order == 5 ? true : nil }
            #expect(executor.lifecycle.state == .paused)
        }
    }

    @Test func `ordered to restart it ends its work, and says that it wants to come back`() async throws {
        let executor = try makeExecutor()
        let run = Task { try await executor.run() }
        let key = coordinator.grant("a", "test-wait")
        try await coordinator.wait { $0.entries[key] }
        executor.order(.init(action: .restart, by: "test", drainTimeout: 50))
        try await expect(key, endsAs: .interrupted(.drained))
        try await run.value
        #expect(executor.wantsRestart)
        // Its data directory is free for whoever comes next.
        let next = try makeExecutor()
        #expect(!next.wantsRestart)
    }

    @Test func `work without a lease that is drained is refused, not failed`() async throws {
        try await withExecutor { executor in
            try await coordinator.wait { $0.lastSync }
            let work = Task { try await executor.execute(TaskKind(trusted: "test-wait"), params: JSONObject()) }
            while executor.status.work.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
            executor.order(.init(action: .drain, by: "test", drainTimeout: .zero))
            await #expect(throws: ExecutionRefusal.drained) { try await work.value }
        }
    }

    @Test func `at the drain timeout work is given back`() async throws {
        let executor = try makeExecutor()
        let run = Task { try await executor.run() }
        let key = coordinator.grant("a", "test-wait")
        try await coordinator.wait { $0.entries[key] }
        executor.order(.init(action: .stop, by: "test", drainTimeout: 50))
        try await expect(key, endsAs: .interrupted(.drained))
        try await run.value
    }

    @Test func `a handler that does not end in time is made to`() async throws {
        try await withExecutor { _ in
            let key = coordinator.grant("a", "test-wait", timeouts: Timeouts(run: 20))
            let report = try await coordinator.final(key)
            #expect(report.error?.code == "run-timeout")
        }
    }

    @Test func `cut off, work that may move elsewhere is ended and not reported`() async throws {
        coordinator.change { $0.ttl = 1000 }
        try await withExecutor { executor in
            let moving = coordinator.grant("a", "test-wait", offline: .stop)
            let staying = coordinator.grant("b", "test-wait", offline: .continue)
            try await coordinator.wait { $0.entries[moving] != nil && $0.entries[staying] != nil ? true : nil }
            coordinator.change { $0.failure = .unreachable("pulled out") }
            await executor.hasWork { $0.count == 1 }
            #expect(executor.status.work.map(\.key) == [staying])
            coordinator.change { $0.failure = nil }
            try await coordinator.wait { $0.lastSync?.held == [staying] ? true : nil }
            gate.open()
            try await expect(staying, endsAs: .finished(.succeeded))
        }
    }

    @Test func `cut off, a command that heeds no SIGTERM is dead before its lease is`() async throws {
        coordinator.change { $0.ttl = 2000 }
        try await withExecutor { executor in
            let key = coordinator.grant("a", "test-stubborn", offline: .stop)
            try await coordinator.wait { $0.entries[key] }
            let cutOff = ContinuousClock.now
            coordinator.change { $0.failure = .unreachable("pulled out") }
            await executor.hasWork { $0.isEmpty }
            // On a quiet machine 1.9 s; with the two seconds that a command has otherwise it would be 3.3 s.
            #expect(cutOff.duration(to: .now) < .seconds(3))
        }
    }

    @Test func `work without a lease takes a slot, and says what it came to`() async throws {
        try await withExecutor(slots: 1) { executor in
            try await coordinator.wait { $0.lastSync }
            let kind = TaskKind(trusted: "test-wait")
            let first = Task { try await executor.execute(kind, params: JSONObject()) }
            await executor.hasWork { !$0.isEmpty }
            await #expect(throws: ExecutionRefusal.noSlot) { try await executor.execute(kind, params: JSONObject()) }
            try await coordinator.wait { $0.lastSync?.capacity == Slots(["default": 0]) ? true : nil }
            gate.open()
            let report = try await first.value
            #expect(report.ending == .finished(.succeeded))
            await #expect(throws: InvalidInput.self) { try await executor.execute(kind, params: ["lines": -1]) }
        }
    }

    @Test func `one shot runs without a coordinator and tells its events`() async throws {
        gate.open()
        let settings = try makeExecutor().settings
        let texts = Mutex<[JSON?]>([])
        let report = try await OneShot.run(TaskKind(trusted: "test-wait"), params: ["lines": 2], settings: settings) {
            event in texts.withLock { $0.append(event.data["text"]) }
        }
        #expect(report?.ending == .finished(.succeeded))
        #expect(texts.withLock { $0 } == ["line 0\n", "line 1\n"])
        let unknown = try await OneShot.run(
            TaskKind(trusted: "ops-unheard-of"),
            params: JSONObject(),
            settings: settings
        ) { _ in }
        #expect(unknown == nil)
    }
}
