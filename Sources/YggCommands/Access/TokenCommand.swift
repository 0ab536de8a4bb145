import ArgumentParser

/// `ygg token`: who may do what.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Give people and machines tokens, and take them back.",
        discussion: """
            A viewer reads. A submitter also submits tasks, and cancels its own. An operator may do everything. An executor
            token is for one executor's own calls, a join token for a machine that is to become an executor.

            EXAMPLES
              ygg token create freya --role submitter --expires 90d
              ygg token create huginn --role join
              ygg token list
              ygg token revoke freya
            """,
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self]
    )
}
