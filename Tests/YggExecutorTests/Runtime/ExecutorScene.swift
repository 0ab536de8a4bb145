import Logging
import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

/// What handlers of these tests wait on.
final class Gate: Sendable {
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

struct FewHandlers: HandlerSource {
    let handlers: [any Handler]

    var kinds: [KindSpec] { handlers.map(\.spec) }
    func handler(for kind: TaskKind) -> (any Handler)? { handlers.first { $0.spec.kind == kind } }
}

struct Noop: Handler {
    let spec = KindSpec(kind: TaskKind(trusted: "bench-noop"), description: "", prefetch: true)
    func run(_ context: HandlerContext) async -> HandlerResult { HandlerResult(outcome: .succeeded) }
}

/// Says something, then waits for its gate; cancelled, it says so.
struct Waiting: Handler {
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
final class Disk: Sendable {
    let free = Mutex<Int64>(1 << 40)

    var space: DiskSpace { DiskSpace(path: "/data", free: free.withLock { $0 }, total: 1 << 40) }
}

/// Says one thing of a certain length, twice: as an event, and as its result.
struct Saying: Handler {
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

/// Says how long its commands would have to end.
struct Graced: Handler {
    let spec = KindSpec(kind: TaskKind(trusted: "test-grace"), description: "")

    func run(_ context: HandlerContext) async -> HandlerResult {
        HandlerResult(outcome: .succeeded, result: ["graceMs": .int(Int64(context.killGrace / .milliseconds(1)))])
    }
}

extension Executor {
    /// Waits until `isReached` holds of the attempts that are not over.
    func hasWork(_ isReached: (Set<LeaseKey>) -> Bool) async {
        await runtime.attempts.wait(on: runtime.machine.thread, isReached)
    }
}

/// An executor with a few handlers and a coordinator that says what a test wants: what the suites of executors stand on.
class ExecutorScene {
    let folder = TemporaryFolder()
    let coordinator = FakeCoordinator()
    let gate = Gate()
    let disk = Disk()

    /// Heeds no SIGTERM.
    var stubborn: any Handler {
        DeclaredHandler(
            DeclaredKind(
                spec: KindSpec(kind: TaskKind(trusted: "test-stubborn"), description: "", origin: .declared),
                run: ["/bin/sh", "-c", "trap '' TERM; echo ready; sleep 1000 & wait; sleep 1000"]
            )
        )
    }

    func makeExecutor(slots: Int = 2) throws -> Executor {
        var settings = ExecutorSettings(
            id: ExecutorID(trusted: "huginn"),
            handlers: FewHandlers(handlers: [Noop(), Waiting(gate: gate), Saying(), Graced(), stubborn]),
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
    func withExecutor(
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

    /// Gives leases this time to live from now on, and returns when the executor has heard of it for those it holds.
    ///
    /// What is to be cut off soon begins under a long one: under a short one it may be over on a busy machine before it
    /// has said a word. The executor registers anew, because how often it asks goes by what it registered under.
    func shortenLeases(to ttl: Milliseconds) async throws {
        let registrations = coordinator.change { state in
            state.ttl = ttl
            state.leaseTTL = ttl
            state.isKnown = false
            return state.registrations.count
        }
        try await coordinator.wait { state in
            state.registrations.count > registrations && state.told == state.news
                && (state.lastSync?.seen ?? 0) >= state.toldRev ? true : nil
        }
    }

    func expect(
        _ key: LeaseKey,
        endsAs ending: FinalReport.Ending,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let report = try await coordinator.final(key)
        #expect(report.ending == ending, sourceLocation: location)
    }
}
