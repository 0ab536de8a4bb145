import Testing
import YggClient
import YggCore

@testable import YggCommands

/// What a night is told to bring.
struct NightPlanTests {
    private static let now = Timestamp(milliseconds: 1_000_000_000)

    private static func task(
        _ id: String,
        _ kind: String = "dev-test",
        on executor: String? = "local",
        minutes: Int64? = 10,
        state: TaskState = .queued,
        wait: NightTask.Wait? = nil
    ) -> NightTask {
        var task = NightTask(id: id, kind: kind, state: state, executor: executor)
        task.estimate = minutes.map(Milliseconds.minutes)
        task.wait = wait
        return task
    }

    private static func minutes(_ plan: NightPlan, _ id: String) -> Int64? {
        plan.rows.first { $0.task.id == id }?.readyAt.map { ($0 - now).rawValue / 60_000 }
    }

    @Test func `tasks fill the slots of their executor, one after the other`() {
        let tasks = ["a", "b", "c"].map { Self.task($0) }
        let plan = NightPlan(tasks, slots: ["local": 2], now: Self.now)
        #expect(["a", "b", "c"].map { Self.minutes(plan, $0) } == [10, 10, 20])
        #expect(
            plan.places == [
                .init(executor: "local", tasks: 3, unknown: 0, readyAt: Self.now + .minutes(20))
            ]
        )
    }

    @Test func `those that ask a model go through its gate one by one, whatever the slots`() {
        let tasks = [
            Self.task("a", "code-test"), Self.task("b", "llm-prompt"), Self.task("c"),
            Self.task("d", "code-test", on: "other"),
        ]
        let plan = NightPlan(tasks, slots: ["local": 4, "other": 4], now: Self.now)
        #expect(["a", "b", "c", "d"].map { Self.minutes(plan, $0) } == [10, 20, 10, 10])
    }

    @Test func `what runs has a part of its time behind it, and never less than none before it`() {
        var early = Self.task("a", state: .running)
        early.startedAt = Timestamp(milliseconds: Self.now.milliseconds - 4 * 60_000)
        var late = Self.task("b", state: .running)
        late.startedAt = Timestamp(milliseconds: Self.now.milliseconds - 40 * 60_000)
        let plan = NightPlan([early, late], slots: ["local": 2], now: Self.now)
        #expect(Self.minutes(plan, "a") == 6 && Self.minutes(plan, "b") == 0)
    }

    @Test func `what waits for another is ready after it, and not told where that is not known`() {
        let tasks = [
            Self.task("a"), Self.task("b", on: nil, wait: .dependencies(["a"])),
            Self.task("c", on: nil, wait: .dependencies(["b"])), Self.task("p", wait: .person),
            Self.task("d", on: nil, wait: .dependencies(["p"])),
            Self.task("e", on: nil, wait: .dependencies(["d", "a"])),
        ]
        let plan = NightPlan(tasks, slots: [:], now: Self.now)
        #expect(Self.minutes(plan, "b") == 20 && Self.minutes(plan, "c") == 30)
        #expect(Self.minutes(plan, "d") == nil && Self.minutes(plan, "e") == nil)
        #expect(plan.rows.first?.task.id == "p")
    }

    @Test func `a kind without a history is unknown, and counted as such`() {
        let plan = NightPlan([Self.task("a", minutes: nil), Self.task("b")], slots: [:], now: Self.now)
        #expect(Self.minutes(plan, "a") == nil && plan.places.first?.unknown == 1)
        let text = plan.text(now: Self.now, width: 80, style: .plain)
        #expect(text.contains("unknown") && text.contains("1 of unknown length"), "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { DisplayText.width(String($0)) <= 80 })
    }

    @Test(
        arguments: [
            ([], nil), ([7], 7), ([3, 1], 2), ([9, 1, 5], 5), ([1, 2, 3, 100], 2),
        ] as [([Int64], Int64?)]
    )
    func `the usual time is the median`(times: [Int64], median: Int64?) {
        #expect(TaskHistory.median(times.map { Milliseconds($0) })?.rawValue == median)
    }

    @Test func `a landing waits for what its person has in the way, and is not told when it is ready`() throws {
        let sentence = "1 change is not committed in /home/freya/shop, where main is checked out"
        func waiting(_ code: String) -> NightTask {
            let view = TaskView([
                "id": "a", "kind": "code-refactor", "state": "scheduled", "notBefore": "1970-01-12T13:48:00Z",
                "error": ["code": .string(code), "detail": .string("\(sentence). It lands by itself then.")],
            ])
            return NightTask(view, why: nil, unfinished: ["a"], estimate: .minutes(10))
        }
        let landing = waiting("target-in-use")
        #expect(landing.wait == .obstacle(sentence))
        let plan = NightPlan([landing, Self.task("b")], slots: [:], now: Self.now)
        #expect(Self.minutes(plan, "a") == nil && plan.rows.first?.task.id == "a")
        #expect(plan.json["items"]?.arrayValue?.first?["waitsFor"]?["text"]?.stringValue == sentence)
        #expect(plan.text(now: Self.now, width: nil, style: .plain).contains("  \(sentence)\n"))
        // What failed for another reason is tried again at its time.
        #expect(waiting("exit-code").wait == (Timestamp(parsing: "1970-01-12T13:48:00Z").map(NightTask.Wait.time)))
    }

    @Test func `what waits for a slot says so, and is in line for it`() {
        let tasks = [
            Self.task("a", state: .running), Self.task("b", wait: .slot), Self.task("c", minutes: nil, wait: .slot),
        ]
        let plan = NightPlan(tasks, slots: ["local": 1], now: Self.now)
        #expect(["a", "b", "c"].map { Self.minutes(plan, $0) } == [10, 20, nil])
        #expect(plan.places.first?.tasks == 3)
        let lines = plan.text(now: Self.now, width: 80, style: .plain).split(separator: "\n").dropFirst().prefix(3)
        #expect(zip(lines, ["runs now", "a slot", "a slot"]).allSatisfy { $0.hasSuffix($1) }, "\(lines)")
    }

    @Test func `where a queued task goes, or what it lacks, is read from the reasons`() {
        let free: JSONObject = ["candidates": ["huginn", "local"]]
        #expect(NightTask.place(free) == ("huginn", nil))
        let busy: JSONObject = [
            "candidates": [],
            "executors": [
                [
                    "executor": "local",
                    "unmet": [["code": "slots", "text": "it needs 1 of slot default, 0 are free"]],
                ]
            ],
        ]
        #expect(NightTask.place(busy) == ("local", .slot))
        let asleep: JSONObject = [
            "candidates": [],
            "executors": [
                [
                    "executor": "local",
                    "unmet": [
                        ["code": "unsuitable", "text": "it does not offer x"], ["code": "slots", "text": "s"],
                    ],
                ],
                ["executor": "surtr", "unmet": [["code": "lost", "text": "it is lost"]]],
            ],
        ]
        #expect(NightTask.place(asleep) == (nil, .missing("surtr: it is lost")))
        #expect(NightTask.place(["summary": "No executor."]) == (nil, .missing("No executor.")))
    }
}
