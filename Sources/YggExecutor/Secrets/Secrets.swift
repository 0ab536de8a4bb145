import Glibc
import YggCore
package import YggTelemetry

/// The secrets of one executor: gives them to the commands that may have them, and keeps them out of what is told.
package struct Secrets: Sendable {
    /// What no attempt may tell, be it given to a command or only known to this process.
    package let known: KnownSecrets
    private let sources: [SecretSource]
    private let folders: SecretFolders

    /// - Parameter owner: tells files of secrets from those of other executors, as a data directory does; nil where no
    ///   start may remove what is left of them.
    package init(sources: [SecretSource] = [], known: KnownSecrets = KnownSecrets(), owner: String? = nil) {
        self.sources = sources
        self.known = known
        folders = SecretFolders(owner: owner)
    }

    var patterns: SecretPatterns { known.patterns }

    /// Looks at all of them, so that what this attempt finds by itself in a file is known, too. One that cannot be had
    /// has no value to be told.
    func refresh() async {
        var found: [Secret] = []
        for source in sources {
            if let value = try? await source.read() { found.append(Secret(name: source.name, value: value)) }
        }
        if !found.isEmpty { known.learn(found) }
    }

    /// What cannot be used whatever it is needed for, which a start should say: not what is missing, because it may be
    /// there when it is needed.
    package func unusable() -> [(name: String, problem: String)] {
        sources.compactMap { source in
            guard let value = try? source.readAtStart() else { return nil }
            return Secret.problem(value).map { (source.name, $0) }
        }
    }

    /// Removes files of secrets that a process left behind. For whoever alone uses the data directory.
    func removeLeftovers() { folders.removeLeftovers() }

    /// Runs `body` with what a command's environment has besides, and takes files away when it has ended.
    func with<Value>(
        _ uses: [SecretUse],
        _ body: ([String: String]) async throws(HandlerFailure) -> Value
    ) async throws(HandlerFailure) -> Value {
        guard !uses.isEmpty else { return try await body([:]) }
        var environment: [String: String] = [:]
        var files: [(variable: String, name: String, value: String)] = []
        for use in uses {
            let value = try await value(of: use.secret)
            if use.asFile {
                files.append((use.variable, use.secret, value))
            } else {
                environment[use.variable] = value
            }
        }
        guard !files.isEmpty else { return try await body(environment) }
        let folder: String
        do {
            folder = try folders.make()
        } catch {
            throw Self.failure("A folder for files of secrets cannot be made: \(error).")
        }
        defer { SecretFolders.remove(folder) }
        for file in files {
            let path = "\(folder)/\(file.name)"
            // What reads keys from a file wants the line to end; what reads a token drops the end of a line.
            do { try LocalFiles.write(file.value + "\n", to: path) } catch {
                throw Self.failure("The secret \(file.name) cannot be written to \(path): \(error).")
            }
            environment[file.variable] = path
        }
        return try await body(environment)
    }

    /// The secret as it is now, known from here on.
    private func value(of name: String) async throws(HandlerFailure) -> String {
        guard let source = sources.first(where: { $0.name == name }) else {
            throw Self.failure("This executor has no secret \(name): add it under secrets in its yggdrasil.yaml.")
        }
        let value: String
        do throws(SecretProblem) { value = try await source.read() } catch {
            throw Self.failure("The secret \(name) cannot be had on this executor: \(error.detail)")
        }
        if let problem = Secret.problem(value) {
            throw Self.failure("The secret \(name) cannot be used: it \(problem). Put another one in its place.")
        }
        known.learn([Secret(name: name, value: value)])
        return value
    }

    /// Another attempt would find the same: a person has to do something first.
    private static func failure(_ detail: String) -> HandlerFailure {
        HandlerFailure(code: "secret-unavailable", detail: detail, retryable: false)
    }
}
