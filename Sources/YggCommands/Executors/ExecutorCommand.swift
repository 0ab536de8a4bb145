import ArgumentParser

/// `ygg executor`: runs an executor, or asks the coordinator about and of the fleet's.
///
/// Without a subcommand it is `ExecutorServe`, so that `ygg executor --id huginn` is all a machine has to start.
struct ExecutorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "executor",
        abstract: "Run an executor on this machine, or look after the fleet's.",
        usage: """
            ygg executor --id ID --coordinator URL [--handlers ops,power | all] [--slots 4] [--label k=v] ...
            ygg executor join --coordinator URL --token ONE-TIME
            ygg executor list | show ID | pause | resume | drain | stop | restart ID
            """,
        discussion: """
            EXAMPLES
              ygg executor --id huginn --coordinator http://surtr:5080 --handlers ops,power
              ygg executor join --coordinator http://surtr:5080 --token ygg_join_…
              ygg executor list
              ygg executor show huginn --json
              ygg executor drain huginn --note "new disk" --wait

            `ygg executor serve --help` lists everything an executor can be started with.
            """,
        subcommands: [
            ExecutorList.self, ExecutorShow.self, ExecutorPause.self, ExecutorResume.self, ExecutorDrain.self,
            ExecutorStop.self, ExecutorRestart.self, ExecutorJoin.self, ExecutorServe.self,
        ],
        defaultSubcommand: ExecutorServe.self
    )
}
