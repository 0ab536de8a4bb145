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
        #expect(NightTask.place(busy) == ("local", nil))
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
