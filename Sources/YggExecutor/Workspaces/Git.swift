import YggCore
import YggProcess

/// The git commands of one attempt.
struct Git: Sendable {
    /// A repository to work on, and what is checked out of it. Both are named to git outright, so that it searches for
    /// nothing and asks nobody who owns them.
    struct Place: Sendable, Hashable {
        var gitDirectory: String
        /// nil for a bare repository.
        var workTree: String?
    }

    let run: AttemptRun
    let configuration: GitConfiguration

    private init(run: AttemptRun, configuration: GitConfiguration) {
        self.run = run
        self.configuration = configuration
    }

    /// See ``AttemptRun/forCleaningUp``.
    var forCleaningUp: Git { Git(run: run.forCleaningUp, configuration: configuration) }

    /// - Throws: `workspace-unusable` where the configuration cannot be written.
    init(_ run: AttemptRun) throws(HandlerFailure) {
        self.run = run
        let root = run.context.workspaceRoot
        do {
            configuration = try GitConfiguration(in: "\(root)/git")
        } catch {
            throw .unusableWorkspace(root, error)
        }
    }

    /// The whole output of a command that must succeed.
    func output(
        _ arguments: [String],
        at place: Place?,
        transport: GitConfiguration.Transport = .none,
        limit: Int = 1 << 20
    ) async throws(HandlerFailure) -> String {
        let collected = await collect(arguments, at: place, transport: transport, limit: limit)
        if let failure = await failure(collected, of: arguments) { throw failure }
        guard !collected.truncated else {
            throw HandlerFailure(
                code: "output-too-long",
                detail: "git \(arguments.first ?? "") says more than the \(limit >> 20) MiB that can be read.",
                retryable: false
            )
        }
        return collected.stdout
    }

    func collect(
        _ arguments: [String],
        at place: Place?,
        transport: GitConfiguration.Transport = .none,
        limit: Int = 1 << 20
    ) async -> CollectedOutput {
        await run.collect(
            Self.argv(arguments),
            in: directory(place),
            environment: environment(place, transport),
            limit: limit
        )
    }

    /// Runs a command whose output goes into the log.
    func stream(
        _ arguments: [String],
        at place: Place?,
        transport: GitConfiguration.Transport = .none,
        tap: (@Sendable (OutputStream, ArraySlice<UInt8>) -> Void)? = nil
    ) async throws(HandlerFailure) {
        let outcome = await run.stream(
            Self.argv(arguments),
            in: directory(place),
            environment: environment(place, transport),
            tap: tap
        )
        if let failure = await run.failure(outcome, of: ["git", arguments.first ?? ""]) { throw failure }
    }

    /// What a collected command that did not succeed means, with git's own reason.
    func failure(_ collected: CollectedOutput, of arguments: [String]) async -> HandlerFailure? {
        guard
            var failure = await run.failure(
                collected.outcome,
                of: ["git"],
                lastWords: Self.reason(in: collected.stderr)
            )
        else { return nil }
        if failure.error.code == "exit-code", let command = arguments.first {
            failure.error.detail = "git \(command): \(failure.error.detail)"
        }
        return failure
    }

    /// The line in which git says why: the first that begins with `fatal:` or `error:`, else the last one.
    static func reason(in errors: String) -> String {
        let lines = errors.split(whereSeparator: \.isNewline)
        let line = lines.first { $0.hasPrefix("fatal: ") || $0.hasPrefix("error: ") } ?? lines.last ?? "no reason given"
        return String(line.prefix(400))
    }

    private static func argv(_ arguments: [String]) -> [String] { ["git"] + GitConfiguration.options + arguments }

    private func directory(_ place: Place?) -> String { place?.workTree ?? place?.gitDirectory ?? "/" }

    private func environment(_ place: Place?, _ transport: GitConfiguration.Transport) -> [String: String] {
        var environment = configuration.environment(from: run.context.environment, transport: transport)
        // Without a place a command is about no repository, and must not find one by chance.
        environment["GIT_DIR"] = place?.gitDirectory ?? "/dev/null"
        environment["GIT_WORK_TREE"] = place?.workTree
        return environment
    }
}

extension HandlerFailure {
    /// The workspace root cannot be written to: a matter of this machine, so another try may go elsewhere.
    static func unusableWorkspace(_ path: String, _ reason: any Error) -> HandlerFailure {
        HandlerFailure(
            code: "workspace-unusable",
            detail: "The workspace \(path) cannot be used: \(reason).",
            retryable: true
        )
    }
}
