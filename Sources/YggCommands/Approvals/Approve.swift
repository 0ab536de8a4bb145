import ArgumentParser
import YggClient
import YggCore
import YggProtocol

/// `ygg approve`.
struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approve what a task waits with: its plan is run, its diff is landed, its result counts.",
        discussion: """
            What is approved is what the digest stands for. Without --digest it is what waits at the moment. To approve \
            the same twice is to approve it once.

            EXAMPLES
              ygg task diff 01k9s2…
              ygg approve 01k9s2…
              ygg approve 01k9s2… --digest 5f1c0a9e22d4 --comment "thanks"
            """
    )

    @OptionGroup var answer: AnswerOptions

    func run() async throws { try await answer.give(.approve) }
}

/// `ygg reject`.
struct Reject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Reject what a task waits with. With a comment whoever made it tries again.",
        discussion: """
            A comment goes to the agent as its next message, and the task is queued again. Without one, or where a \
            command was shown that nobody can change, the task is cancelled.

            EXAMPLES
              ygg reject 01k9s2… --comment "Keep the old name as an alias."
              ygg reject 01k9s2…
            """
    )

    @OptionGroup var answer: AnswerOptions

    func run() async throws { try await answer.give(.reject) }
}

/// What the two answers have in common.
struct AnswerOptions: ParsableArguments {
    /// As many digits of a digest as are as good as all of them.
    private static let shortestDigest = 8

    @OptionGroup var task: TaskArgument

    @Option(
        help: ArgumentHelp(
            "What it is about, or its first 8 digits at least. Default: what waits.",
            valueName: "digest"
        )
    )
    var digest: String?

    @Option(help: ArgumentHelp("For whoever made it, and for the log.", valueName: "text|@file|-"))
    var comment: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if let digest, digest.count < Self.shortestDigest {
            throw ValidationError("--digest must have \(Self.shortestDigest) digits at least")
        }
    }

    func give(_ answer: ApprovalAnswer) async throws {
        let client = try connection.client()
        let comment = try comment.map { try TextArgument.read($0, option: "--comment") }
        let digest = try await wholeDigest(client)
        let decided = try await client.answer(answer, task.id, digest: digest, comment: comment)
        Results(output).one(decided) { ApprovalText.outcome(decided, style: $0) }
    }

    /// Without one that was given, what waits; where nothing does, what was decided last: it is answered with what stands.
    /// nil where nothing was ever asked.
    private func wholeDigest(_ client: CoordinatorClient) async throws -> String? {
        if let digest, digest.count == 64 { return digest }
        let known = try await client.approvals(of: task.id)
        guard let digest else {
            return (known.first { $0["decision"] == nil } ?? known.first)?["digest"]?.stringValue
        }
        return known.compactMap { $0["digest"]?.stringValue }.first { $0.hasPrefix(digest) } ?? digest
    }
}
