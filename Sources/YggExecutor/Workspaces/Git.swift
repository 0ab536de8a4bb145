import Synchronization
import SystemPackage
import YggCore
import YggProcess
import YggTelemetry

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

    /// What answers git when a remote asks who it is; empty where there is nothing to answer.
    private let askPass: [String: String]

    private init(run: AttemptRun, configuration: GitConfiguration, askPass: [String: String]) {
        self.run = run
        self.configuration = configuration
        self.askPass = askPass
    }

    /// See ``AttemptRun/forCleaningUp``.
    var forCleaningUp: Git { Git(run: run.forCleaningUp, configuration: configuration, askPass: askPass) }

    /// - Throws: `workspace-unusable` where the configuration cannot be written.
    init(_ run: AttemptRun) throws(HandlerFailure) {
        self.run = run
        let root = run.context.workspaceRoot
        do {
            configuration = try GitConfiguration(in: "\(root)/git")
            askPass = try GitAskPass.variables(for: run.context.git, in: "\(root)/git")
        } catch {
            throw .unusableWorkspace(root, error)
        }
        if let token = askPass[GitAskPass.secretVariable] {
            run.context.secrets.known.learn([Secret(name: "git.credentials", value: token)])
        }
    }

    /// The whole output of a command that must succeed.
    func output(
        _ arguments: [String],
        at place: Place?,
        transport: GitConfiguration.Transport = .none,
        settings: [String: String] = [:],
        limit: Int = 1 << 20
    ) async throws(HandlerFailure) -> String {
        let collected = await collect(arguments, at: place, transport: transport, settings: settings, limit: limit)
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

    /// - Parameters:
    ///   - settings: variables of git for this command, such as `GIT_INDEX_FILE`.
    ///   - input: what it reads.
    func collect(
        _ arguments: [String],
        at place: Place?,
        transport: GitConfiguration.Transport = .none,
        settings: [String: String] = [:],
        input: [UInt8]? = nil,
        limit: Int = 1 << 20
    ) async -> CollectedOutput {
        await run.collect(
            Self.argv(arguments),
            in: directory(place),
            environment: environment(place, transport).merging(settings) { $1 },
            input: input,
            limit: limit
        )
    }

    /// Writes the bytes of a blob to a file, as they are.
    func copy(blob: String, to path: String, at place: Place) async throws(HandlerFailure) {
        let writer: FileDescriptor
        do {
            writer = try FileDescriptor.open(
                FilePath(path),
                .writeOnly,
                options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite]
            )
        } catch {
            throw .unusableWorkspace(path, error)
        }
        defer { try? writer.close() }
        let problem = Mutex<(any Error)?>(nil)
        let arguments = ["cat-file", "blob", blob]
        let outcome = await run.read(Self.argv(arguments), in: directory(place), environment(place, .none)) { bytes in
            do { try writer.writeAll(bytes) } catch { problem.withLock { $0 = error } }
        }
        if let problem = problem.withLock({ $0 }) { throw .unusableWorkspace(path, problem) }
        if let failure = await run.failure(outcome, of: ["git", "cat-file"]) { throw failure }
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
        if transport == .network { environment.merge(askPass) { $1 } }
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
