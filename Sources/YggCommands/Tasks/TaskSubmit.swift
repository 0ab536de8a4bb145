import ArgumentParser
import YggClient
import YggCore
import YggProtocol

/// `ygg task submit`.
struct TaskSubmit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit a task. It is stored when this returns; its id is printed.",
        discussion: """
            EXAMPLES
              ygg task submit git-log --repo . --limit 5 --wait
              ygg task submit dev-test -p repo=https://github.com/apple/swift-log --follow
              ygg task submit ops-disk --label executor=huginn --at +2h
              ygg task submit dev-build --repo . --after $(ygg task submit git-clone --repo .)
              echo '{"repo": "."}' | ygg task submit git-status --params - --json

            After the kind every option that is not listed below is a parameter: --name value means -p name=value. \
            `ygg kind show KIND` lists them. A relative path in the parameter repo is taken from here.

            STATUS  0 succeeded (with --wait or --follow; else submitted), 1 failed or cancelled, 2 usage,
                    3 cannot reach the coordinator, 4 timed out waiting, 5 waiting for approval (--wait-for approval)
            """
    )

    @Argument(help: "What kind of task, such as git-log. May be left out with --prompt.")
    var kind: String?

    @OptionGroup var parameters: ParameterArguments
    @OptionGroup(title: "Task") var options: SubmissionOptions
    @OptionGroup(title: "Watching") var watching: SubmitWatchOptions
    @OptionGroup var watch: WatchOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if kind == nil, options.prompt == nil, options.description == nil {
            throw ValidationError("Missing the kind of the task; `ygg kind list` shows what there is")
        }
        if let kind, TaskKind(kind) == nil {
            throw ValidationError("\"\(kind)\" is not a kind: prefix-verb in lower case, as in git-log")
        }
    }

    func run() async throws {
        let body = try options.body(kind: kind, params: try parameters.resolve(), now: ProcessContext.now())
        let client = try connection.client()
        let task: TaskView
        do {
            task = try await client.submit(.object(body), idempotencyKey: IdempotencyKey.make())
        } catch let problem as Problem {
            throw MistakenOption.explain(problem, kind: kind, options: parameters.options)
        }
        let hint = "\(task.stateText); follow it with: ygg task logs --follow \(task.id)"
        try await TaskWatch(client: client, options: watch, format: output.format)
            .conclude(task, watching, output: output, hint: hint)
    }
}

struct SubmitWatchOptions: ParsableArguments {
    @Flag(help: "Wait for the end and print the result.")
    var wait = false

    @Flag(help: "Print output and changes as they happen. Ctrl-C leaves the task running.")
    var follow = false

    func validate() throws {
        if wait, follow { throw ValidationError("--wait and --follow exclude each other") }
    }
}
