import Testing
import YggCore

@testable import YggCommands

struct OrderGoalTests {
    private static func executor(
        _ state: ExecutorState,
        boot: String = "b1",
        tasks: Int = 0,
        pending: Bool = false,
        seen: Int64 = 0
    ) -> JSONObject {
        var object: JSONObject = [
            "id": "huginn", "state": .string(state.rawValue), "bootId": .string(boot),
            "tasks": .array((0..<tasks).map { .string("t\($0)") }), "lastSeenMs": .int(seen),
        ]
        if pending { object.append("pending", ["action": "pause"]) }
        return object
    }

    private static func verdict(_ action: LifecycleAction, _ later: JSONObject) -> String {
        switch OrderGoal(action, of: executor(.running)).verdict(on: later) {
        case .open: "open"
        case .reached: "reached"
        case .missed: "missed"
        }
    }

    /// For each action, what the states of the same process mean once the order was heard.
    @Test(arguments: [
        (LifecycleAction.pause, ["paused": "reached", "running": "missed", "stopping": "missed", "lost": "open"]),
        (.drain, ["paused": "reached", "running": "missed", "stopped": "missed", "lost": "open"]),
        (.resume, ["running": "reached", "paused": "open", "stopping": "missed"]),
        (.stop, ["stopped": "reached", "stopping": "open", "running": "open", "lost": "missed"]),
        (.restart, ["stopped": "open", "stopping": "open", "running": "open", "lost": "open"]),
    ])
    func `the state says whether it has come true`(action: LifecycleAction, verdicts: [String: String]) throws {
        for (state, verdict) in verdicts {
            let executor = Self.executor(try #require(ExecutorState(rawValue: state)))
            #expect(Self.verdict(action, executor) == verdict, "\(action) of one that is \(state)")
        }
    }

    @Test(arguments: LifecycleAction.allCases)
    func `what was not heard has not come true`(action: LifecycleAction) {
        for state in [ExecutorState.running, .paused, .stopping, .stopped] {
            #expect(Self.verdict(action, Self.executor(state, pending: true)) == "open")
        }
    }

    @Test func `a drain is over with the last task, a pause before it`() {
        #expect(Self.verdict(.drain, Self.executor(.paused, tasks: 1)) == "open")
        #expect(Self.verdict(.pause, Self.executor(.paused, tasks: 1)) == "reached")
    }

    @Test func `a new process tells that the old one has ended`() {
        #expect(Self.verdict(.restart, Self.executor(.running, boot: "b2")) == "reached")
        #expect(Self.verdict(.restart, Self.executor(.paused, boot: "b2")) == "open")
        #expect(Self.verdict(.stop, Self.executor(.running, boot: "b2")) == "reached")
    }

    @Test func `one that stopped to restart is waited for, but not for ever`() {
        #expect(Self.verdict(.restart, Self.executor(.stopped, seen: 59_000)) == "open")
        #expect(Self.verdict(.restart, Self.executor(.stopped, seen: 61_000)) == "missed")
    }
}
