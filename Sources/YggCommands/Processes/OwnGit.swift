import YggProcess

/// git in repositories that a command makes for itself: under nobody's configuration, and without running what somebody
/// may have put into them since.
enum OwnGit {
    private static let author = [
        "GIT_AUTHOR_NAME": "ygg", "GIT_AUTHOR_EMAIL": "ygg@localhost", "GIT_COMMITTER_NAME": "ygg",
        "GIT_COMMITTER_EMAIL": "ygg@localhost",
    ]

    static func run(_ arguments: [String], at path: String, environment: [String: String]) async -> CollectedOutput {
        let safe = GitSafety.environment(
            from: cleanEnvironment(from: environment),
            configuration: "/dev/null",
            protocols: "file"
        )
        return await collectProcess(
            ProcessSpec(
                argv: ["git"] + GitSafety.options + arguments,
                environment: safe.merging(author) { $1 },
                workingDirectory: path,
                runTimeout: .seconds(60)
            )
        )
    }

    /// - Returns: what it wrote, without the end of the last line.
    static func output(
        _ arguments: [String],
        at path: String,
        environment: [String: String]
    ) async throws(CommandFailure) -> String {
        let ran = await run(arguments, at: path, environment: environment)
        guard ran.outcome.succeeded else {
            let reason = ran.stderr.split(whereSeparator: \.isNewline).last.map(String.init) ?? "no reason given"
            throw CommandFailure(
                "git \(arguments.first ?? "") fails in \(path): \(DisplayText.oneLine(reason))",
                next: "See whether git works there."
            )
        }
        return ran.stdout.hasSuffix("\n") ? String(ran.stdout.dropLast()) : ran.stdout
    }
}
