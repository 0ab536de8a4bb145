import ArgumentParser
import YggCore

/// `ygg task`: everything about tasks.
struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Submit, watch and manage tasks.",
        subcommands: [
            TaskSubmit.self, TaskList.self, TaskShow.self, TaskWait.self, TaskLogs.self, TaskEvents.self,
            TaskDiff.self, TaskEvidence.self, TaskCancel.self, TaskRequeue.self, TaskRetry.self, TaskWhy.self,
        ]
    )
}

/// A task on the command line.
struct TaskArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The task's id.", valueName: "id"))
    var id: String

    func validate() throws { try TaskArgument.check(id) }

    static func check(_ id: String) throws {
        guard TaskID(id) != nil else {
            throw ValidationError("\"\(id)\" is not a task id: 1 to 64 letters, digits, dots, dashes and underscores")
        }
    }
}
