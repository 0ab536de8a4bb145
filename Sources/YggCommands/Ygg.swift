import ArgumentParser
import YggCore

/// The root of the command tree.
struct Ygg: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ygg",
        abstract: "Turns the machines of one household into one crew.",
        discussion: """
            EXAMPLES
              ygg up                                           coordinator and executor, here, now
              ygg task submit git-log --repo . --follow        a task, followed to its end
              ygg run git-log --repo .                         the same without a coordinator
              ygg task list                                    what there is
              ygg why TASK                                     why a task has not started
              ygg review                                       what waits for you, one after the other

            STATUS  0 succeeded, 1 failed or cancelled, 2 usage, 3 cannot reach the coordinator,
                    4 timed out waiting, 5 waiting for approval
            """,
        version: YggVersion.current,
        groupedSubcommands: [
            CommandGroup(name: "Running", subcommands: [Up.self, CoordinatorServe.self, RunOnce.self]),
            CommandGroup(
                name: "Tasks and the fleet",
                subcommands: [
                    TaskCommand.self, TaskWhy.self, Review.self, Night.self, Approvals.self, Approve.self, Reject.self,
                    Undo.self, KindCommand.self, ExecutorCommand.self, TrackerCommand.self,
                ]
            ),
            CommandGroup(name: "Who may do what", subcommands: [Login.self, TokenCommand.self, AuditCommand.self]),
            CommandGroup(
                name: "This installation",
                subcommands: [
                    ConfigCommand.self, BackupCommand.self, RestoreCommand.self, DatabaseCommand.self,
                    HealthCommand.self, Doctor.self, VersionCommand.self, Eval.self, Bench.self, Simulate.self,
                    Torture.self, TortureWork.self,
                ]
            ),
        ]
    )
}
