import Testing
import YggCore

struct ForwarderTests {
    private static let key = LeaseKey(task: "t", epoch: 1)

    private var forwarder = Forwarder()

    private static func assignment(
        run: Milliseconds = .zero,
        onLost: OnLost = .requeue,
        params: JSONObject = [:]
    ) -> Assignment {
        Assignment(
            spec: .sample(params: params, timeouts: Timeouts(run: run), onLost: onLost),
            phase: .run,
            attempt: 1,
            slots: .one,
            offline: .stop
        )
    }

    /// Effects in words, without those of every tick.
    private mutating func told(_ input: Forwarder.Input, at second: Int64) -> [String] {
        forwarder.handle(input, now: .at(second)).map(\.text).filter { !$0.hasPrefix("renew") }
    }

    private mutating func ticks(from first: Int64, to last: Int64) -> [String] {
        (first...last).flatMap { told(.tick, at: $0) }
    }

    private mutating func join(isIdempotent: Bool = false, at second: Int64 = 0) {
        _ = told(.joined("a", slots: 1, isIdempotent: isIdempotent), at: second)
    }

    /// A service that was sent an attempt.
    private mutating func sent(isIdempotent: Bool = false, run: Milliseconds = .zero) {
        join(isIdempotent: isIdempotent)
        #expect(told(.granted(Self.key, "a", Self.assignment(run: run)), at: 0) == ["1 POST /execute"])
    }

    private static func reply(_ status: Int, _ json: JSON = [:], retryAfter: Milliseconds? = nil) -> ForwardedAnswer {
        .reply(AgentReply(status: status, retryAfter: retryAfter, body: json.bytes))
    }

    // MARK: Sending

    @Test
    mutating func `a service waits for work from when it joins`() {
        #expect(told(.joined("a", slots: 1, isIdempotent: false), at: 0) == ["show a running", "park a"])
        #expect(forwarder.isTaking("a"))
    }

    @Test
    mutating func `the request says whose attempt it is, and what for`() {
        join()
        let assignment = Self.assignment(run: .seconds(9), params: ["x": 1])
        let effects = forwarder.handle(.granted(Self.key, "a", assignment), now: .zero)
        guard case .call(let call) = effects.first else { return #expect(Bool(false), "nothing was sent") }
        #expect(call.idempotencyKey == "t/1")
        #expect(
            call.body == [
                "kind": "dev-test", "task": "t", "epoch": 1, "timeoutMs": 9000, "parameters": ["x": 1],
            ]
        )
    }

    @Test
    mutating func `its answer is the last word`() {
        sent()
        let answer = Self.reply(200, ["outcome": "succeeded", "exitCode": 0, "kind": "dev-test"])
        #expect(told(.answered(1, answer), at: 5) == ["conclude t/1 succeeded"])
        #expect(forwarder.leases(of: "a") == [Self.key], "until it is stored")
        #expect(told(.ended(Self.key), at: 5).isEmpty)
        #expect(forwarder.leases(of: "a").isEmpty)
    }

    @Test
    mutating func `an end that is not stored is told again`() {
        sent()
        _ = told(.answered(1, Self.reply(200)), at: 0)
        #expect(ticks(from: 1, to: 9).isEmpty)
        #expect(told(.tick, at: 10) == ["conclude t/1 succeeded"])
    }

    @Test(arguments: [409, 429, 503])
    mutating func `a refusal gives the task back, and leaves the service alone`(_ status: Int) {
        sent()
        let refusal = Self.reply(status, ["code": "paused"])
        #expect(told(.answered(1, refusal), at: 0) == ["tell t/1", "lose t/1 declined", "unpark a"])
        #expect(forwarder.trouble(of: "a") == "HTTP \(status), paused")
    }

    @Test
    mutating func `nothing that was sent goes elsewhere uncounted`() {
        sent()
        let effects = told(.answered(1, .unsent("connection refused")), at: 0)
        #expect(effects == ["tell t/1", "lose t/1 declined", "unpark a"])
        join(at: 1)
        _ = told(.granted(LeaseKey(task: "u", epoch: 1), "a", Self.assignment()), at: 1)
        #expect(told(.answered(2, .broken("closed")), at: 2) == ["conclude u/1 outcome-unknown", "unpark a"])
    }

    @Test
    mutating func `an answer to a dropped call means nothing`() {
        sent()
        #expect(told(.cancelled(Self.key), at: 1) == ["drop 1", "tell t/1"])
        #expect(told(.answered(1, Self.reply(200)), at: 2).isEmpty)
        #expect(ticks(from: 3, to: 20).isEmpty, "the deadline of the cancel ends it")
        #expect(told(.ended(Self.key), at: 20).isEmpty)
    }

    @Test
    mutating func `the run timeout is kept`() {
        sent(run: .seconds(5))
        #expect(ticks(from: 1, to: 4).isEmpty)
        #expect(told(.tick, at: 5) == ["drop 1", "conclude t/1 run-timeout"])
    }

    // MARK: Left alone

    @Test
    mutating func `Retry-After is honoured, and a probe ends the wait`() {
        sent()
        _ = told(.answered(1, Self.reply(503, retryAfter: .seconds(7))), at: 0)
        _ = told(.ended(Self.key), at: 0)
        #expect(ticks(from: 1, to: 6).isEmpty)
        #expect(told(.tick, at: 7) == ["2 GET /status"])
        #expect(told(.answered(2, Self.reply(200, ["status": "idle"])), at: 7) == ["park a"])
    }

    @Test
    mutating func `one that is busy or paused is left alone for longer each time`() {
        sent()
        _ = told(.answered(1, Self.reply(409)), at: 0)
        _ = told(.ended(Self.key), at: 0)
        var asked: [Int64] = []
        var call: Int64 = 2
        for second in Int64(1)...29 where told(.tick, at: second) == ["\(call) GET /status"] {
            asked.append(second)
            let status: JSON = asked.count % 2 == 0 ? ["status": "paused"] : ["currentTask": "other"]
            _ = told(.answered(call, Self.reply(200, status)), at: second)
            call += 1
        }
        #expect(asked == [1, 3, 6, 12, 24])
        #expect(!forwarder.isTaking("a"))
    }

    @Test
    mutating func `one without a status is tried again with work`() {
        sent()
        _ = told(.answered(1, Self.reply(409)), at: 0)
        _ = told(.tick, at: 1)
        #expect(told(.answered(2, Self.reply(404)), at: 1) == ["park a"])
    }

    // MARK: Silence

    @Test
    mutating func `one that is silent is lost, and what it was sent with it`() {
        sent()
        #expect(ticks(from: 1, to: 29).isEmpty)
        #expect(told(.tick, at: 30) == ["show a lost", "drop 1", "conclude t/1 outcome-unknown", "unpark a"])
        #expect(told(.heard("a", .running), at: 60) == ["show a running", "park a"])
    }

    @Test
    mutating func `heartbeats keep it, and its leases`() {
        sent()
        for second in Int64(1)...200 {
            if second % 10 == 0 { #expect(told(.heard("a", .running), at: second).isEmpty) }
            #expect(forwarder.handle(.tick, now: .at(second)) == [.renew("a", [Self.key])])
        }
    }

    @Test
    mutating func `time in which the coordinator itself stood still is nobody's silence`() {
        sent()
        _ = told(.tick, at: 1)
        #expect(ticks(from: 100, to: 128).isEmpty)
        #expect(told(.tick, at: 129).first == "show a lost")
    }

    @Test
    mutating func `an answer that is too long ends the task`() {
        sent()
        #expect(told(.answered(1, .tooLarge("longer than 1 MiB")), at: 1) == ["conclude t/1 result-too-large"])
    }

    @Test
    mutating func `one that says it is paused is given nothing`() {
        join()
        #expect(told(.heard("a", .paused), at: 1) == ["show a paused", "unpark a"])
        #expect(told(.heard("a", .running), at: 2) == ["show a running", "park a"])
    }

    @Test
    mutating func `one that is removed loses what it was sent`() {
        sent()
        let effects = told(.left("a", hasRegistered: false), at: 1)
        #expect(effects == ["unpark a", "drop 1", "conclude t/1 outcome-unknown"])
        #expect(!forwarder.drives("a"))
    }

    // MARK: After a restart

    @Test
    mutating func `what it is still at is waited for and not sent again`() {
        join(isIdempotent: true)
        _ = told(.restored(Self.key, "a", Self.assignment(), isCancelled: false), at: 0)
        #expect(told(.tick, at: 0) == ["1 GET /status"])
        #expect(told(.answered(1, Self.reply(200, ["currentTask": "t"])), at: 0).isEmpty)
        #expect(told(.tick, at: 1).isEmpty)
        #expect(told(.tick, at: 2) == ["2 GET /status"])
        #expect(told(.answered(2, Self.reply(200, ["tasks": []])), at: 2) == ["3 POST /execute"])
        #expect(told(.answered(3, Self.reply(200)), at: 3) == ["conclude t/1 succeeded"])
    }

    @Test
    mutating func `one that does not remember is never asked twice`() {
        join()
        _ = told(.restored(Self.key, "a", Self.assignment(), isCancelled: false), at: 0)
        _ = told(.tick, at: 0)
        #expect(told(.answered(1, Self.reply(200, ["currentTask": .null])), at: 0) == ["conclude t/1 outcome-unknown"])
    }

    @Test
    mutating func `a question that is not answered is asked again`() {
        join(isIdempotent: true)
        _ = told(.restored(Self.key, "a", Self.assignment(), isCancelled: false), at: 0)
        _ = told(.tick, at: 0)
        #expect(told(.answered(1, .unsent("refused")), at: 0).isEmpty)
        #expect(told(.tick, at: 1) == ["2 GET /status"])
        #expect(told(.answered(2, Self.reply(500)), at: 1).isEmpty)
        #expect(ticks(from: 2, to: 3) == ["3 GET /status"])
    }

    @Test
    mutating func `a repetition that is refused is not given back`() {
        join(isIdempotent: true)
        _ = told(.restored(Self.key, "a", Self.assignment(), isCancelled: false), at: 0)
        _ = told(.tick, at: 0)
        #expect(told(.answered(1, Self.reply(200)), at: 0) == ["2 POST /execute"])
        #expect(told(.answered(2, Self.reply(409)), at: 0) == ["unpark a"])
        #expect(ticks(from: 1, to: 2).contains("3 GET /status"))
    }

    @Test
    mutating func `one that remembers is asked how it ended when the connection breaks`() {
        sent(isIdempotent: true)
        #expect(told(.answered(1, .broken("closed")), at: 0) == ["tell t/1", "unpark a"])
        #expect(ticks(from: 1, to: 2).contains("3 GET /status"))
    }

    // MARK: Fixed addresses

    /// An executor at a fixed address that was introduced.
    private mutating func met() {
        #expect(told(.configured("a"), at: 0).isEmpty)
        #expect(ticks(from: 1, to: 59).isEmpty, "it may register first")
        #expect(told(.tick, at: 60) == ["1 GET /info"])
        #expect(told(.answered(1, Self.reply(200)), at: 60) == ["introduce a"])
        #expect(told(.understood("a", slots: 1), at: 60) == ["park a"])
    }

    @Test
    mutating func `it is asked what it offers, then whether it lives`() {
        met()
        #expect(ticks(from: 61, to: 69).isEmpty)
        #expect(told(.tick, at: 70) == ["2 GET /health"])
        #expect(told(.answered(2, Self.reply(200)), at: 70).isEmpty)
    }

    @Test
    mutating func `one that does not answer is asked at growing distances, then lost, and met again`() {
        met()
        var asked: [Int64] = []
        var lost: Int64?
        for second in Int64(61)...120 {
            for effect in told(.tick, at: second) {
                if effect == "show a lost" { lost = second }
                guard effect.contains("GET"), let number = Int64(effect.prefix { $0 != " " }) else { continue }
                asked.append(second)
                _ = told(.answered(number, .unsent("refused")), at: second)
            }
        }
        #expect(lost == 90)
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $1 > $0 } && asked.count < 15, "\(asked)")
        #expect(!forwarder.isTaking("a"))
    }

    @Test
    mutating func `what it was sent is judged by the policy of the task`() {
        met()
        _ = told(.granted(Self.key, "a", Self.assignment(onLost: .fail)), at: 61)
        #expect(told(.answered(2, .broken("closed")), at: 62).contains("lose t/1 lost"))
    }

    @Test
    mutating func `work that may be repeated is asked for again before it goes elsewhere`() {
        met()
        _ = told(.granted(Self.key, "a", Self.assignment()), at: 61)
        #expect(told(.answered(2, .broken("closed")), at: 62) == ["tell t/1", "unpark a"])
        #expect(ticks(from: 63, to: 64).contains("4 GET /status"))
        #expect(told(.answered(4, Self.reply(200)), at: 64) == ["5 POST /execute"])
    }

    @Test
    mutating func `when it registers, what it was sent goes on to its end`() {
        met()
        _ = told(.granted(Self.key, "a", Self.assignment()), at: 61)
        #expect(told(.left("a", hasRegistered: true), at: 62) == ["unpark a"])
        #expect(!forwarder.drives("a") && forwarder.leases(of: "a") == [Self.key])
        #expect(told(.answered(2, Self.reply(200)), at: 63) == ["conclude t/1 succeeded"])
        _ = told(.ended(Self.key), at: 63)
        #expect(forwarder.nature(of: "a") == nil)
    }

    @Test
    mutating func `an attempt that it ended by itself goes back to the queue`() {
        met()
        _ = told(.granted(Self.key, "a", Self.assignment()), at: 61)
        #expect(told(.answered(2, Self.reply(200, ["outcome": "cancelled"])), at: 62).contains("lose t/1 declined"))
    }

    // MARK: Asked for by the agent, or of it

    @Test
    mutating func `whoever asks to be left alone is, also by questions`() {
        met()
        #expect(told(.agreed("a", .paused), at: 61).contains("show a paused"))
        var asked: [Int64] = []
        for second in Int64(62)...200 {
            for effect in told(.tick, at: second) where effect.contains("GET") {
                asked.append(second)
                let number = Int64(effect.prefix { $0 != " " }) ?? 0
                _ = told(.answered(number, Self.reply(503, retryAfter: .seconds(50))), at: second)
            }
        }
        #expect(asked.count >= 2)
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $1 - $0 >= 50 }, "\(asked)")
    }

    @Test
    mutating func `what it agreed to counts until it says otherwise`() {
        join()
        #expect(told(.agreed("a", .paused), at: 1) == ["show a paused", "unpark a"])
        #expect(told(.heard("a", .paused), at: 2).isEmpty)
        #expect(told(.heard("a", .running), at: 3) == ["show a running", "park a"])
        #expect(told(.agreed("a", .stopping), at: 4) == ["show a stopping", "unpark a"])
        #expect(told(.agreed("a", .running), at: 5) == ["show a running", "park a"])
        #expect(told(.agreed("b", .paused), at: 5).isEmpty, "nobody knows it")
    }

    @Test
    mutating func `a fixed executor that was paused is asked until it runs`() {
        met()
        _ = told(.agreed("a", .paused), at: 61)
        var number: Int64?
        var second: Int64 = 61
        while number == nil, second < 120 {
            second += 1
            for effect in told(.tick, at: second) where effect.hasSuffix("GET /status") {
                number = Int64(effect.prefix { $0 != " " })
            }
        }
        let effects = told(.answered(number ?? 0, Self.reply(200, ["status": "running"])), at: second)
        #expect(effects == ["show a running", "park a"])
    }

    @Test
    mutating func `a coordinator that stops begins nothing`() {
        join()
        #expect(told(.leaving, at: 1) == ["unpark a"])
    }
}

extension Forwarder.Effect {
    fileprivate var text: String {
        switch self {
        case .call(let call): "\(call.number) \(call.method) \(call.path)"
        case .drop(let number): "drop \(number)"
        case .park(let id): "park \(id)"
        case .unpark(let id): "unpark \(id)"
        case .renew(let id, _): "renew \(id)"
        case .show(let id, let state): "show \(id) \(state.rawValue)"
        case .introduce(let id, _): "introduce \(id)"
        case .conclude(let key, let report): "conclude \(key) \(report.error?.code ?? report.word)"
        case .lose(let key, let interruption): "lose \(key) \(interruption.rawValue)"
        case .tell(let key, _): "tell \(key)"
        }
    }
}

extension FinalReport {
    fileprivate var word: String {
        if case .finished(let outcome) = ending { outcome.rawValue } else { "?" }
    }
}
