import ArgumentParser
import YggClient
import YggCore

/// `ygg night`.
struct Night: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "night",
        abstract: "What is going to run where tonight, when it is ready, and what waits for what.",
        discussion: """
            How long a task takes is the median of the last of its kind that succeeded, without the time a person took to \
            approve; a kind that never has is unknown. Tasks of an executor that ask a model are counted one after the \
            other. Times are those of this machine's zone.

            EXAMPLES
              ygg night
              ygg night --json | jq -r '.items[] | select(.waitsFor.what == "executor") | .task'
            """
    )

    /// Whose reason is asked for one by one; of those beyond it only the state is told.
    private static let mostExplained = 100

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let states: [TaskState] = [.running, .queued, .scheduled, .blocked, .awaitingApproval]
        let views = try await client.allTasks(TaskFilter(states: states))
        let unfinished = Set(views.map(\.id))
        let history = TaskHistory(client: client)
        var estimates: [String: Milliseconds] = [:]
        for kind in Set(views.map(\.kind)) { estimates[kind] = try await history.usual(kind) }
        var tasks: [NightTask] = []
        var explained = 0
        for view in views {
            var why: JSONObject?
            if view.state == .queued, explained < Self.mostExplained {
                why = try await client.why(view.id)
                explained += 1
            }
            tasks.append(NightTask(view, why: why, unfinished: unfinished, estimate: estimates[view.kind]))
        }
        var slots: [String: Int] = [:]
        for executor in try await client.executors() {
            guard let id = executor["id"]?.stringValue else { continue }
            slots[id] = executor["slots"]?["default"]?["total"]?.intValue.map(Int.init)
        }
        let now = ProcessContext.now()
        let plan = NightPlan(tasks, slots: slots, now: now)
        let width = Terminal.output.width
        Results(output).one(plan.json) { plan.text(now: now, width: width, style: $0) }
    }
}
