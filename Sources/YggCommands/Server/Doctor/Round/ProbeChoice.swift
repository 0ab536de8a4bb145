import YggCore

/// What of a prefix is tried: something that changes nothing, and is over at once.
struct ProbeChoice: Sendable, Hashable {
    let kind: String
    let params: JSONObject
    /// It is done in the scratch repository, so only by an executor that sees this machine's files.
    let needsRepository: Bool
    /// Where no model answers it cannot be done.
    let asksModel: Bool

    private init(_ kind: String, _ params: JSONObject = [:], needsRepository: Bool = false, asksModel: Bool = false) {
        self.kind = kind
        self.params = params
        self.needsRepository = needsRepository
        self.asksModel = asksModel
    }

    /// The best first. What of `power-`, say, is not here has no harmless kind, and whatever a household declares only
    /// the household knows.
    private static let harmless = [
        ProbeChoice("bench-noop"), ProbeChoice("bench-true"), ProbeChoice("ops-uptime"), ProbeChoice("ops-disk"),
        ProbeChoice("git-log", needsRepository: true), ProbeChoice("git-fetch", needsRepository: true),
        ProbeChoice("dev-run", ["command": ["git", "--version"]], needsRepository: true),
        ProbeChoice("ollama-ps", asksModel: true), ProbeChoice("ollama-list", asksModel: true),
        ProbeChoice("code-format", code, asksModel: true), ProbeChoice("code-document", code, asksModel: true),
    ]

    /// Inline: formatted by a program where there is one, so that often no model is asked at all.
    private static let code: JSONObject = ["code": "def double(a):\n    return a * 2\n", "language": "python"]

    /// - Parameter kinds: what is offered of one prefix.
    /// - Returns: nil where nothing of it is known to be harmless.
    static func of(_ kinds: Set<String>) -> ProbeChoice? { harmless.first { kinds.contains($0.kind) } }

    /// The prefix whose probe is the call of the model.
    static let modelPrefix = "llm-"
}
