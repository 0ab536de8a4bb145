import YggConfiguration
import YggCore
import YggExecutor
import YggTelemetry

extension KnownSecrets {
    /// Variables of others that hold keys.
    private static let variables = [
        "YGG_TOKEN", "MANAGER_TOKEN", "GITHUB_TOKEN", "OPENROUTER_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY",
        "LANGFUSE_SECRET_KEY",
    ]

    /// What a process with these settings knows from its start: its tokens, and what the file refers to. The secrets of
    /// tasks are learnt when they are looked at.
    static func ofProcess(
        _ settings: ResolvedSettings,
        environment: [String: String] = ProcessContext.environment
    ) -> KnownSecrets {
        let configuration = settings.configuration
        var references: [(String, SecretReference?)] = [("git.credentials", configuration.git.credentials)]
        references += configuration.executors.map { ("token of \($0.id)", $0.token) }
        references += configuration.services.entries.map { ("token of \($0.id)", $0.token) }
        // One that is not there cannot be told; who needs it says that it is missing.
        let referred = references.compactMap { name, reference in
            (try? reference?.read(environment: environment)).map { Secret(name: name, value: $0) }
        }
        let set = variables.compactMap { name in environment[name].map { Secret(name: name, value: $0) } }
        return KnownSecrets(set + referred)
    }

    func learn(_ key: ExecutorKey) {
        learn(([key.key] + (key.next.map { [$0] } ?? [])).map { Secret(name: "executor key", value: $0) })
    }
}

extension Secrets {
    /// What the file names under `secrets`, looked at only when it is needed.
    /// - Throws: for one that is there and can never be used.
    init(_ settings: ResolvedSettings, known: KnownSecrets, owner: String?) throws {
        let sources = settings.configuration.secrets.map { entry in
            SecretSource(name: entry.name, waitsForDisk: entry.reference.isFile) { () throws(SecretProblem) in
                do { return try entry.reference.read() } catch {
                    let failure = CommandFailure(describing: error)
                    throw SecretProblem([failure.message, failure.next].compactMap { $0 }.joined(separator: " "))
                }
            }
        }
        self.init(sources: sources, known: known, owner: owner)
        if let (name, problem) = unusable().first {
            throw settings.error(InvalidInput("/secrets/\(name)", "cannot be used: what it refers to \(problem)"))
        }
    }
}
