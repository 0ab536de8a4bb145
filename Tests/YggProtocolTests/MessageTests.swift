import Testing
import YggCore
import YggProtocol

/// Every message survives the wire, and what a newer peer adds, at any depth, changes nothing.
struct MessageTests {
    private static let key = LeaseKey(task: TaskID(trusted: "t1"), epoch: 3)
    private static let other = LeaseKey(task: TaskID(trusted: "t2"), epoch: 1)
    private static let at = Timestamp(milliseconds: 1_772_366_400_123)

    private static let kind = KindSpec(
        kind: TaskKind(trusted: "dev-test"),
        description: "Tests.",
        params: [
            ParameterSpec("repo", .repository, required: true, description: "Where."),
            ParameterSpec("filter", .string(pattern: "[a-z]+", choices: []), required: false),
            ParameterSpec("mode", .string(pattern: nil, choices: ["fast", "full"]), default: "fast"),
            ParameterSpec("count", .integer(min: 1, max: 9), required: true, default: 3),
            ParameterSpec("big", .integer(min: .min, max: .max), required: false),
            ParameterSpec("dry", .boolean, default: false),
            ParameterSpec("file", .path(root: "/srv"), required: true),
            ParameterSpec("args", .strings, required: false, allowDash: true),
        ],
        slots: Slots(["default": 2, "gpu@surtr": 1]),
        timeout: .minutes(10),
        retry: RetryPolicy(maxAttempts: 5, backoff: 7, maxBackoff: 70, nonRetryable: ["bad-ref"]),
        onLost: .fail,
        tier: [.plan, .review],
        prefetch: true,
        origin: .declared
    )

    private static let offer = ExecutorOffer(
        id: ExecutorID(trusted: "fenrir"),
        name: "Fenrir",
        url: "http://127.0.0.1:7071",
        version: "1.2.3",
        kinds: [kind],
        slots: Slots(["default": 4, "gpu": 1]),
        window: 8,
        labels: ["arch": "arm64", "os": "linux"],
        repositories: ["/srv/git", "/home/me"],
        resources: ["resident": ["llama"], "nested": ["a": [1, .double(2.5), nil, true]]],
        phases: [.plan, .run, .land]
    )

    private static let question = ApprovalQuestion(
        subject: .diff,
        next: .land,
        summary: "3 files, +12 -4",
        repository: "/srv/git/a",
        target: "main",
        base: "0123456789",
        commits: ["c1", "c2"],
        diff: String(repeating: "a", count: 64),
        bundle: String(repeating: "b", count: 64),
        verification: [["swift", "test"], ["swift", "format", "lint"]],
        limits: ["steps": 15],
        shown: ["model": "ollama/x"]
    )

    private static let decisions = [
        Approval(
            task: key.task,
            epoch: 1,
            phase: .plan,
            question: ApprovalQuestion(subject: .plan, next: .run, summary: "two steps"),
            digest: String(repeating: "c", count: 64),
            requestedAt: at,
            expiresAt: nil,
            decision: ApprovalDecision(.approved, by: "freya", at: at)
        ),
        Approval(
            task: key.task,
            epoch: 2,
            phase: .run,
            question: question,
            digest: String(repeating: "d", count: 64),
            requestedAt: at,
            expiresAt: at + .days(7),
            decision: ApprovalDecision(.sentBack, by: "freya", comment: "Shorter, please.", at: at)
        ),
    ]

    private static let assignment = Assignment(
        spec: TaskSpec(
            id: key.task,
            kind: kind.kind,
            title: "A title",
            description: "A description",
            params: ["repo": "/srv/git/a", "list": [1, ["deep": "yes"]]],
            createdAt: Timestamp(milliseconds: 0),
            timeouts: Timeouts(run: .minutes(3), silence: .seconds(9)),
            tier: [.plan, .review],
            skippedTier: [.review]
        ),
        phase: .land,
        attempt: 2,
        slots: Slots(["default": 3]),
        offline: .continue,
        decisions: decisions,
        resume: SuspendedSession(
            session: String(repeating: "5", count: 64),
            bytes: 7,
            checkpoint: String(repeating: "c", count: 64),
            commit: "c7",
            base: "b7"
        )
    )

    private static let statement = StatementMessage(
        statement: Statement(
            rev: 1 << 40,
            leases: [
                StatedLease(key: key, phase: .land, want: .run, ttl: .seconds(15), assignment: assignment),
                StatedLease(key: other, phase: .plan, want: .cancel, ttl: .seconds(120), assignment: nil),
            ]
        ),
        storeID: "s1",
        wanted: StandingOrder(
            number: 7,
            order: .init(action: .drain, by: "freya@surtr", why: "new disk", until: at, drainTimeout: .seconds(5)),
            bootID: "b1"
        )
    )

    private static let error = TaskError(code: "exit-code", detail: "It exited with 1.", retryable: true)

    private static var reports: [FinalReport] {
        Outcome.allCases.map { FinalReport(ending: .finished($0), result: ["n": 1], error: error) }
            + Interruption.allCases.map { FinalReport(ending: .interrupted($0)) }
    }

    private static var entries: [ReportEntry] {
        let events = EventType.allCases.map { type in
            ReportEntry.Body.event(EventDraft(at: at, type: type, data: ["text": "grüße 🌳\n"]))
        }
        let questions = [question, .review(of: kind.kind, result: [:])].map {
            ReportEntry.Body.question($0, result: ["outcome": "succeeded"])
        }
        return (events + reports.map { .final($0) } + questions).enumerated().map { index, body in
            ReportEntry(key: key, n: Int64(index + 1), body: body)
        }
    }

    private static let verdicts: [Outbox.Verdict] = [
        .accepted(key, upTo: 7), .leaseLost(other), .gap(key, expected: 3), .artifactMissing(other, upTo: 2),
    ]

    /// A message in its wire form, and what its reader makes of bytes in wire form again.
    struct Message: Sendable, CustomTestStringConvertible {
        var name: String
        var json: JSONObject
        var again: @Sendable (inout ObjectReader) throws -> JSONObject

        var testDescription: String { name }
    }

    static var messages: [Message] {
        let sync = SyncRequest(
            bootID: "b1",
            storeID: "s1",
            counter: 12,
            lifecycle: LifecycleAccount(
                state: .stopping,
                since: at,
                by: "freya",
                why: "new disk",
                until: at,
                order: 7
            ),
            seen: .max,
            held: [key, other],
            declined: [(other, "It is full.")],
            capacity: Slots(["default": 0]),
            resources: ["load": .double(0.5)]
        )
        let reports = ReportsRequest.bytes(
            bootID: "b1",
            storeID: "s1",
            seen: 5,
            held: [key],
            entries: entries.map(\.json.bytes)
        )
        return [
            Message(
                name: "registration",
                json: Registration(offer: offer, instance: "i1", bootID: "b1", host: "h", storeID: "s1").json
            ) { try Registration(reading: &$0).json },
            Message(
                name: "registration answer",
                json: RegistrationAnswer(storeID: "s1", ttl: .seconds(15), protocolVersion: 1).json
            ) { try RegistrationAnswer(reading: &$0).json },
            Message(name: "sync", json: sync.json) { try SyncRequest(reading: &$0).json },
            Message(name: "statement", json: statement.json) { try StatementMessage(reading: &$0).json },
            Message(name: "reports", json: (try? JSON(parsing: reports).objectValue) ?? [:]) { reader in
                let read = try ReportsRequest(reading: &reader)
                let bytes = ReportsRequest.bytes(
                    bootID: read.bootID,
                    storeID: read.storeID,
                    seen: read.seen,
                    held: read.held,
                    entries: read.entries.map(\.json.bytes)
                )
                return try JSON(parsing: bytes).objectValue ?? [:]
            },
            Message(name: "reports answer", json: ReportsAnswer(verdicts: verdicts, message: statement).json) {
                try ReportsAnswer(reading: &$0).json
            },
        ]
    }

    @Test(arguments: messages)
    func `a message is read as it was written`(message: Message) throws {
        #expect(!message.json.isEmpty)
        let parsed = try JSON(parsing: message.json.bytes)
        var reader = try ObjectReader(parsed)
        let again = try message.again(&reader)
        #expect(JSON.object(again) == parsed, "\(JSON.object(again).text)")
    }

    @Test(arguments: messages)
    func `what a newer peer adds is passed over, at every depth`(message: Message) throws {
        var reader = ObjectReader(message.json.withNews())
        let again = try message.again(&reader)
        #expect(JSON.object(again) == JSON.object(message.json), "\(JSON.object(again).text)")
    }

    @Test
    func `a kind survives its registration, optional parameters included`() throws {
        var reader = ObjectReader(Self.kind.json)
        #expect(try KindSpec(reading: &reader) == Self.kind)
        for parameter in Self.kind.params {
            var reader = ObjectReader(parameter.json)
            #expect(try ParameterSpec(name: parameter.name, reading: &reader) == parameter)
        }
    }

    @Test(arguments: messages)
    func `a message without one of its members is refused with its place or read without it`(message: Message) {
        for name in message.json.keys {
            var cut = message.json
            cut[name] = nil
            var reader = ObjectReader(cut)
            do {
                _ = try message.again(&reader)
            } catch let error as InvalidInput {
                #expect(error.issues.allSatisfy { $0.pointer.hasPrefix("/\(name)") }, "\(error)")
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    @Test
    func `a submission is read as it was written, and says all that is wrong with it`() throws {
        var submission = TaskSubmission(kind: TaskKind(trusted: "dev-test"), params: ["a": [1, 2]])
        submission.id = TaskID(trusted: "mine")
        submission.title = "T"
        submission.description = "D"
        submission.labels = ["arch=arm64", "x"]
        submission.priority = try #require(Priority(0))
        submission.dependsOn = [TaskID(trusted: "a"), TaskID(trusted: "b")]
        submission.onDependencyFailure = .run
        submission.notBefore = Self.at
        submission.timeouts = ["runMs": 5]
        submission.retry = ["maxAttempts": 2]
        submission.dedupeKey = "k"
        submission.source = .mcp
        var reader = ObjectReader(submission.json)
        #expect(try TaskSubmission(reading: &reader) == submission)
        let body: JSONObject = [
            "kind": "Dev", "priority": 9, "labels": ["ok", ""], "dependsOn": ["a/b"], "notBefore": "soon", "nmae": 1,
        ]
        var wrong = ObjectReader(body)
        let error = #expect(throws: InvalidInput.self) { try TaskSubmission(reading: &wrong) }
        #expect(
            Set(error?.issues.map(\.pointer) ?? [])
                == ["/kind", "/priority", "/labels/1", "/dependsOn/0", "/notBefore", "/nmae"]
        )
    }

    @Test
    func `a problem is read as it was written, and an answer of a proxy makes one too`() {
        let problem = Problem(
            status: 422,
            code: "unknown-kind",
            title: "Unknown kind",
            detail: "No such kind.",
            retryable: true,
            nextAction: "Look.",
            issues: [.init(pointer: "/kind", detail: "is not known")]
        )
        let read = Problem(status: 422, body: .object(problem.json(requestID: "r1")))
        #expect(read.code == problem.code && read.title == problem.title && read.detail == problem.detail)
        #expect(read.retryable && read.nextAction == "Look." && read.issues == problem.issues)
        let bare = Problem(status: 502, body: nil)
        #expect(bare.code == "http-502" && bare.retryable)
        #expect(!Problem(status: 404, body: "text").retryable)
    }
}

extension JSONObject {
    /// Members whose names are data, not ours to add to.
    private static let free: Set<String> = [
        "params", "labels", "slots", "capacity", "resources", "data", "result", "limits", "shown",
    ]

    /// The same message from a peer that says more in every object of it.
    fileprivate func withNews() -> JSONObject {
        func news(_ json: JSON) -> JSON {
            switch json {
            case .object(let object): .object(object.withNews())
            case .array(let elements): .array(elements.map(news))
            default: json
            }
        }
        var object = JSONObject(members.map { ($0.key, Self.free.contains($0.key) ? $0.value : news($0.value)) })
        // Parameters by name: each of them is ours.
        if let params = self["params"]?.objectValue, params.members.allSatisfy({ $0.value["type"] != nil }) {
            object["params"] = .object(JSONObject(params.members.map { ($0.key, news($0.value)) }))
        }
        object["xNews"] = ["deep": [1, 2]]
        return object
    }
}
