import Synchronization
import Testing
import YggCore
import YggProcess
import YggTelemetry

@testable import YggExecutor

/// A scene in which work is handed over, approved and landed, by handlers and a git that are real.
struct LandingScene {
    let scene: Scene
    let handler: any Handler
    var secrets = Secrets()
    var git: GitAccess = {
        var access = GitAccess()
        access.author = GitAuthor(name: "Freya", email: "freya@example.org")
        return access
    }()
    var isCurrent: @Sendable () -> Bool = { true }

    static let digest = String(repeating: "d", count: 64)
    /// Makes a file of thirty lines and a commit of it.
    static let lines = "seq 1 30 > a; git commit -qam numbers"

    static func params(_ repo: String, _ patch: String, _ more: JSONObject = [:]) -> JSONObject {
        var params: JSONObject = [
            "repo": .string(repo), "message": "Change a line\n\nYgg-Approval: forged", "patch": .string(patch),
        ]
        for member in more.members { params[member.key] = member.value }
        return params
    }

    static func with(
        _ kind: String = "git-commit",
        _ body: (LandingScene) async throws -> Void
    ) async throws {
        let registry = try HandlerRegistry(handlerSets: ["all"])
        let handler = try #require(registry.handler(for: TaskKind(trusted: kind)))
        try await Scene.with { scene in try await body(LandingScene(scene: scene, handler: handler)) }
    }

    /// Artifacts are found by every attempt of a task, as they are with a coordinator.
    func context(
        _ params: JSONObject,
        task: String = "t1",
        epoch: Int64 = 1,
        tier: [Tier] = [.review],
        decisions: [Approval] = []
    ) -> HandlerContext {
        let plain = scene.context(handler.spec.kind.rawValue, params, task: task, epoch: epoch)
        return HandlerContext(
            key: plain.key,
            kind: plain.kind,
            params: plain.params,
            timeouts: Timeouts(run: .minutes(2)),
            tier: tier,
            decisions: decisions,
            workspaceRoot: plain.workspaceRoot,
            repositories: plain.repositories,
            environment: plain.environment,
            secrets: secrets,
            artifacts: ArtifactDesk(
                folder: "\(scene.root)/artifacts-\(task)",
                key: plain.key,
                link: nil,
                mayWait: true
            ) {},
            git: git,
            acceptedAt: Timestamp(milliseconds: 1_770_000_000_000),
            isCurrent: isCurrent,
            killGrace: ProcessSpec.defaultKillGrace,
            heard: {},
            emit: plain.emit
        )
    }

    func make(
        _ params: JSONObject,
        task: String = "t1",
        epoch: Int64 = 1,
        tier: [Tier] = [.review]
    ) async throws -> HandlerResult {
        await handler.run(context(try handler.spec.validate(params), task: task, epoch: epoch, tier: tier))
    }

    /// A patch that makes `file` have these lines, taken from a copy of the repository as it is.
    func patch(_ repo: String, _ change: String) async throws -> String {
        try await scene.script(
            """
            rm -rf copy && git clone -q \(repo) copy && cd copy && { \(change); } >/dev/null && git add -A
            git diff --cached --binary --full-index HEAD
            """
        ) + "\n"
    }

    func approved(_ result: HandlerResult, task: String = "t1", digest: String = digest) throws -> Approval {
        let question = try #require(result.question, "\(result)")
        return Approval(
            task: TaskID(trusted: task),
            epoch: 1,
            phase: .run,
            question: question,
            digest: digest,
            requestedAt: Timestamp(milliseconds: 1_770_000_000_000),
            expiresAt: nil,
            decision: ApprovalDecision(.approved, by: "Odin", at: Timestamp(milliseconds: 1_770_000_100_000))
        )
    }

    func land(_ approval: Approval, epoch: Int64 = 2) async throws -> HandlerResult {
        await handler.land(approval, context([:], task: approval.task.rawValue, epoch: epoch))
    }

    /// The commits of a branch, oldest first, by subject.
    func subjects(_ repo: String, _ branch: String = "main") async throws -> [String] {
        try await scene.script("git -C \(repo) log --reverse --format=%s \(branch)").split(separator: "\n")
            .map(String.init)
    }
}
