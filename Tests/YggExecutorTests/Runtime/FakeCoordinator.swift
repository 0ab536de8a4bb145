import Synchronization
import YggCore
import YggProtocol

@testable import YggExecutor

/// A coordinator in memory that speaks the protocol as DESIGN §4 has it, and can be deaf, forgetful or replaced.
final class FakeCoordinator: CoordinatorLink {
    struct State {
        var storeID = "store-1"
        /// What executors register under.
        var ttl = Milliseconds.seconds(15)
        /// What leases are stated with: a machine that stands still for seconds is to lose none that a test holds.
        var leaseTTL = Milliseconds.seconds(600)
        var rev: Int64 = 0
        var news = 0
        var told = 0
        /// The statement that told the latest news: it is told again until it was seen.
        var toldRev: Int64 = 0
        var leases: [LeaseKey: (assignment: Assignment, want: LeaseWant)] = [:]
        var registrations: [Registration] = []
        var lastSync: SyncRequest?
        /// What was ever given back, with the reason.
        var declined: [LeaseKey: String] = [:]
        var states: [ExecutorState] = []
        /// How long the last request would have waited for its answer.
        var patience: Milliseconds = .zero
        var entries: [LeaseKey: [ReportEntry]] = [:]
        var refusedAfter: [LeaseKey: Int64] = [:]
        /// The answer to everything, in place of an answer.
        var failure: LinkError?
        var isKnown = true
        /// Requests with more bytes than this are rejected.
        var bodyLimit = Int.max
        var reportCount = 0
        var wanted: StandingOrder?
    }

    let state = Mutex(State())
    private let bell = Wakeup()
    private let waiters = Mutex<[ObjectIdentifier: Wakeup]>([:])
    private let thread = DedicatedThread(name: "coordinator")

    deinit { thread.stop() }

    func change<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        let value = state.withLock { state in
            state.news += 1
            return body(&state)
        }
        bell.ring()
        tellWaiters()
        return value
    }

    @discardableResult
    func grant(
        _ task: String,
        _ kind: String,
        params: JSONObject = JSONObject(),
        epoch: Int64 = 1,
        offline: OfflinePolicy = .stop,
        timeouts: Timeouts = Timeouts()
    ) -> LeaseKey {
        let key = LeaseKey(task: TaskID(trusted: task), epoch: epoch)
        let spec = TaskSpec(
            id: key.task,
            kind: TaskKind(trusted: kind),
            title: task,
            params: params,
            createdAt: Timestamp(milliseconds: 0),
            timeouts: timeouts
        )
        let assignment = Assignment(spec: spec, phase: .run, attempt: 1, slots: .one, offline: offline)
        change { $0.leases[key] = (assignment, .run) }
        return key
    }

    /// Waits until `body` has a value, looking after every request.
    @discardableResult
    /// - Throws: `CancellationError` where the test ran out of time.
    func wait<Value>(_ body: (State) -> Value?) async throws -> Value {
        let changed = Wakeup()
        waiters.withLock { $0[ObjectIdentifier(changed)] = changed }
        defer { waiters.withLock { $0[ObjectIdentifier(changed)] = nil } }
        while true {
            try Task.checkCancellation()
            if let value = state.withLock({ body($0) }) { return value }
            await changed.sleep(on: thread)
        }
    }

    private func tellWaiters() {
        for waiter in waiters.withLock({ Array($0.values) }) { waiter.ring() }
    }

    func final(_ key: LeaseKey) async throws -> FinalReport {
        try await wait { state in
            if case .final(let report)? = state.entries[key]?.last?.body { report } else { nil }
        }
    }

    func send(path: String, body: [UInt8], timeout: Milliseconds) async throws(LinkError) -> JSON {
        defer { tellWaiters() }
        if let failure = state.withLock({ $0.failure }) { throw failure }
        do {
            var reader = try ObjectReader(JSON(parsing: body))
            if path == "/v1/executors" { return register(try Registration(reading: &reader)) }
            guard state.withLock({ $0.isKnown }) else {
                throw LinkError.refused(.notFound("executor", next: "Register."))
            }
            guard state.withLock({ body.count <= $0.bodyLimit }) else {
                let detail = "The body is too long."
                throw LinkError.refused(
                    Problem(status: 413, code: "too-large", title: "", detail: detail, nextAction: "")
                )
            }
            if path.hasSuffix("/sync") { return try await sync(try SyncRequest(reading: &reader), timeout) }
            return report(try ReportsRequest(reading: &reader))
        } catch let error as LinkError {
            throw error
        } catch {
            throw .unreachable("\(error)")
        }
    }

    private func register(_ registration: Registration) -> JSON {
        state.withLock { state in
            state.registrations.append(registration)
            state.isKnown = true
            return .object(RegistrationAnswer(storeID: state.storeID, ttl: state.ttl, protocolVersion: 1).json)
        }
    }

    private func sync(_ request: SyncRequest, _ timeout: Milliseconds) async throws -> JSON {
        let deadline = RuntimeClock.host.now() + timeout * 2 / 3
        state.withLock { state in
            state.lastSync = request
            state.states.append(request.state)
            state.patience = timeout
            for declined in request.declined {
                state.leases[declined.key] = nil
                state.declined[declined.key] = declined.reason
            }
        }
        tellWaiters()
        while true {
            let answer: StatementMessage? = state.withLock { state in
                guard
                    state.news > state.told || request.seen < state.toldRev || !request.declined.isEmpty
                        || request.state == .stopped
                        || RuntimeClock.host.now() >= deadline
                else { return nil }
                return Self.statement(&state, named: request.held)
            }
            if let answer { return .object(answer.json) }
            await bell.sleep(until: deadline, on: thread)
            if Task.isCancelled { throw LinkError.unreachable("abandoned") }
            if let failure = state.withLock({ $0.failure }) { throw failure }
        }
    }

    private func report(_ request: ReportsRequest) -> JSON {
        state.withLock { state in
            state.reportCount += 1
            var verdicts: [LeaseKey: Outbox.Verdict] = [:]
            for entry in request.entries {
                let taken = Int64(state.entries[entry.key]?.count ?? 0)
                if let limit = state.refusedAfter[entry.key], entry.n > limit {
                    verdicts[entry.key] = .leaseLost(entry.key)
                    state.leases[entry.key] = nil
                    continue
                }
                if entry.n > taken + 1 {
                    verdicts[entry.key] = .gap(entry.key, expected: taken + 1)
                    continue
                }
                if entry.n == taken + 1 { state.entries[entry.key, default: []].append(entry) }
                verdicts[entry.key] = .accepted(entry.key, upTo: Int64(state.entries[entry.key]?.count ?? 0))
                if case .final = entry.body { state.leases[entry.key] = nil }
            }
            let message = Self.statement(&state, named: request.held)
            return .object(ReportsAnswer(verdicts: Array(verdicts.values), message: message).json)
        }
    }

    private static func statement(_ state: inout State, named: [LeaseKey]) -> StatementMessage {
        state.rev += 1
        if state.told != state.news {
            state.told = state.news
            state.toldRev = state.rev
        }
        let known = Set(named)
        let leases = state.leases.sorted { $0.key < $1.key }.map { key, lease in
            StatedLease(
                key: key,
                phase: .run,
                want: lease.want,
                ttl: state.leaseTTL,
                assignment: known.contains(key) ? nil : lease.assignment
            )
        }
        return StatementMessage(
            statement: Statement(rev: state.rev, leases: leases),
            storeID: state.storeID,
            wanted: state.wanted
        )
    }
}
