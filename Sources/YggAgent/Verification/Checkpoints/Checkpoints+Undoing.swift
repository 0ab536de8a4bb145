extension Checkpoints {
    /// Does something to the work tree, and puts it back to what it was, also where it fails or is cancelled.
    /// - Parameter work: the state that it is in.
    func undoing<Value: Sendable>(
        _ work: String,
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let ignoring = try await ignoringFiles()
        do {
            let value = try await body()
            try await restore(work, from: ignoring)
            return value
        } catch {
            // A task of its own, awaited, which nobody has cancelled: whoever goes on later must find the work.
            try await Task { try await self.restore(work, from: ignoring) }.value
            throw error
        }
    }

    /// What says that files are to be ignored would keep them, and itself, from being cleaned away.
    private func restore(_ work: String, from ignoring: Set<String>) async throws {
        let new = try await ignoringFiles().subtracting(ignoring)
        if !new.isEmpty { try await commands.run(["clean", "-f", "-x", "--quiet", "--"] + new.sorted()) }
        try await restore(work)
    }

    /// Every `.gitignore` that is not part of a state, ignored or not.
    private func ignoringFiles() async throws -> Set<String> {
        let list = ["ls-files", "--others", "-z", "--exclude-from=\(commands.excludes)", "--", ":(glob)**/.gitignore"]
        let paths = try await commands.output(list, literalPaths: false).split(separator: "\0").map(String.init)
        return Set(paths)
    }

    /// Writes these files as they are in a state, and leaves all others alone.
    func take(_ paths: [String], from checkpoint: String) async throws {
        var rest = paths[...]
        while !rest.isEmpty {
            try await commands.run(["restore", "--source=\(checkpoint)", "--worktree", "--"] + rest.prefix(200))
            rest = rest.dropFirst(200)
        }
    }
}
