import Testing
import YggCore
import YggTorture

/// The audit finds nothing in a sound run, and each breach that is put into one.
struct AuditTests {
    /// A way to spoil a run, and what must be found in it.
    struct Spoiling: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let breach: Finding.Breach
        let task: String
        let spoil: @Sendable (inout Evidence) -> Void

        init(
            _ description: String,
            _ breach: Finding.Breach,
            _ task: String,
            _ spoil: @escaping @Sendable (inout Evidence) -> Void
        ) {
            testDescription = description
            self.breach = breach
            self.task = task
            self.spoil = spoil
        }
    }

    @Test func `a sound run has no findings`() {
        #expect(Sample.findings(Sample.evidence) == [])
        #expect([Finding]().verdict == "lost 0 duplicated 0 stale accepted 0")
    }

    @Test(arguments: spoilings)
    func `a breach is found, with the task it happened to`(_ spoiling: Spoiling) {
        var evidence = Sample.evidence
        spoiling.spoil(&evidence)
        let findings = Sample.findings(evidence)
        #expect(
            findings.contains { $0.breach == spoiling.breach && $0.task == spoiling.task },
            "\(findings)"
        )
    }

    private static let spoilings: [Spoiling] = asked + logs + work + observations

    private static let asked = [
        Spoiling("an acknowledged task is not there", .lost, "t0") { $0.tasks.removeFirst() },
        Spoiling("a submission is never acknowledged", .lost, "op-0") { $0.asked[0].answers = [] },
        Spoiling("a submission is refused", .lost, "op-0") { $0.asked[0].refusal = "400" },
        Spoiling("a task never ends", .lost, "t0") {
            $0.tasks[0].state = "running"
            $0.tasks[0].events.removeLast()
        },
        Spoiling("a cancelling is forgotten", .lost, "t1") { $0.asked[1].isCancelled = true },
        Spoiling("one key, two answers", .duplicated, "t9") { $0.asked[0].answers.append("t9") },
        Spoiling("one key, two tasks", .duplicated, "t9") {
            $0.tasks[0].id = "t9"
            $0.tasks.append(Sample.evidence.tasks[0])
            $0.tasks.swapAt(0, 3)
        },
        Spoiling("an id twice", .duplicated, "t0") { $0.tasks.append($0.tasks[0]) },
        Spoiling("a task that nobody asked for", .duplicated, "t9") {
            $0.tasks.append(TaskRecord(id: "t9", title: "op-9", kind: "bench-noop", state: "cancelled", epoch: 0))
        },
        Spoiling("work of a task that is not known", .duplicated, "t9") {
            $0.ledger += Sample.work("t9", 1, from: 1, to: 2)
        },
    ]

    private static let logs = [
        Spoiling("a hole in the log", .lost, "t1") { $0.tasks[1].events.remove(at: 3) },
        Spoiling("completed twice", .duplicated, "t0") {
            $0.tasks[0].events.append(Sample.state(3, "succeeded", 1))
        },
        Spoiling("something after the end", .staleAccepted, "t0") {
            $0.tasks[0].events.append(Sample.state(3, "queued", 2))
        },
        Spoiling("an epoch that goes back", .staleAccepted, "t1") { $0.tasks[1].events[7].epoch = 1 },
        Spoiling("an epoch that is granted twice", .duplicated, "t1") { $0.tasks[1].events[4].epoch = 1 },
        Spoiling("a line of an older epoch", .staleAccepted, "t1") {
            $0.tasks[1].events[5] = Sample.line(6, "t1", 1, 2)
        },
        Spoiling("a line between two epochs", .staleAccepted, "t1") {
            $0.tasks[1].events.insert(Sample.line(5, "t1", 1, 2), at: 4)
            for index in 5..<9 { $0.tasks[1].events[index].seq += 1 }
        },
        Spoiling("the result of an older epoch", .staleAccepted, "t1") {
            $0.tasks[1].output = SaidLine(task: "t1", epoch: 1, number: 2, count: 2).line
        },
        Spoiling("a line twice", .duplicated, "t1") { $0.tasks[1].events[6] = Sample.line(7, "t1", 3, 1) },
        Spoiling("a line too few", .lost, "t1") {
            $0.tasks[1].events[5] = EventRecord(seq: 6, type: "message")
        },
    ]

    private static let work = [
        Spoiling("an epoch begun twice", .duplicated, "t1") {
            $0.ledger.append(
                LedgerEntry(task: "t1", epoch: 3, pid: 8, mark: .start, at: Sample.time(3050), executor: "huginn")
            )
        },
        Spoiling("an epoch that was never granted", .duplicated, "t2") {
            $0.ledger += Sample.work("t2", 5, from: 5000, to: 5100)
        },
        Spoiling("an epoch on another machine", .duplicated, "t2") {
            for index in $0.ledger.indices where $0.ledger[index].task == "t2" { $0.ledger[index].executor = "huginn" }
        },
        Spoiling("a success without its work", .staleAccepted, "t2") { $0.ledger.removeAll { $0.task == "t2" } },
        Spoiling("two attempts at once", .duplicated, "t1") {
            $0.ledger += [
                LedgerEntry(task: "t1", epoch: 1, pid: 7, mark: .alive, at: Sample.time(3001), executor: "fenrir")
            ]
        },
        Spoiling("begun before what it waits for had ended", .duplicated, "t2") {
            $0.ledger.removeAll { $0.task == "t2" }
            $0.ledger += Sample.work("t2", 1, from: 3050, to: 4100)
        },
        Spoiling("ran though what it waits for failed", .duplicated, "t2") {
            $0.tasks[1].state = "failed"
            $0.tasks[1].events[7] = Sample.state(8, "failed", 3)
        },
        Spoiling("a repetition that is not allowed", .duplicated, "t1") {
            let (task, _) = Sample.moved(1, Household.once)
            $0.tasks[1] = task
        },
    ]

    private static let observations = [
        Spoiling("a version that goes back", .lost, "t0") {
            $0.observations.append(observation(version: 9, at: 10))
        },
        Spoiling("an end that is taken back", .staleAccepted, "t0") {
            $0.observations.append(observation(state: "failed", version: 2, at: 10))
        },
        Spoiling("a version that goes back between two answers", .lost, "t0") {
            $0.observations += [
                observation(state: "running", version: 2, at: 10), observation(state: "running", version: 1, at: 20),
            ]
        },
        Spoiling("an epoch that was told and goes back", .staleAccepted, "t0") {
            $0.observations.append(observation(state: "running", epoch: 2, version: 1, at: 10))
        },
    ]

    private static func observation(
        state: String = "succeeded",
        epoch: Int64 = 1,
        version: Int64,
        at time: Int64
    ) -> Observation {
        Observation(
            task: "t0",
            state: state,
            epoch: epoch,
            version: version,
            askedAt: Sample.time(time),
            answeredAt: Sample.time(time + 5)
        )
    }

    // MARK: What is not a breach

    @Test func `two attempts at once are excused while nobody could end the older one`() {
        var evidence = Sample.evidence
        evidence.ledger += Sample.work("t1", 1, from: 3001, to: 4500, ends: false).dropFirst()
        let outage = Outage(executor: Sample.executor, from: Sample.time(1500), to: Sample.time(4600))
        evidence.outages = [outage]
        #expect(Sample.findings(evidence) == [])
        evidence.outages = [Outage(executor: Sample.other, from: outage.from, to: outage.to)]
        #expect(Sample.findings(evidence).map(\.task) == ["t1"])
    }

    @Test func `an executor that is back has not for ever to end what it left`() {
        var evidence = Sample.evidence
        evidence.ledger += Sample.work("t1", 1, from: 3001, to: 6500, ends: false).dropFirst()
        evidence.outages = [Outage(executor: Sample.executor, from: Sample.time(1500), to: Sample.time(4000))]
        #expect(Sample.findings(evidence).map(\.task) == ["t1"])
    }

    @Test func `what its executor gave back may begin again, whatever its kind`() {
        var (task, ledger) = Sample.moved(1, Household.once)
        task.events[3].epoch = 1
        var evidence = Sample.evidence
        evidence.tasks[1] = task
        evidence.ledger.removeAll { $0.task == "t1" }
        evidence.ledger += ledger
        #expect(Sample.findings(evidence) == [])
        ledger = []
    }

    @Test func `answers that crossed each other say nothing`() {
        var evidence = Sample.evidence
        evidence.observations = [
            Self.observation(version: 2, at: 10), Self.observation(state: "running", version: 1, at: 12),
        ]
        #expect(Sample.findings(evidence) == [])
    }

    @Test(arguments: Doctoring.allCases)
    func `evidence that was doctored is found out`(_ doctoring: Doctoring) {
        #expect(Sample.findings(doctoring.apply(to: Sample.evidence)) != [])
    }
}
