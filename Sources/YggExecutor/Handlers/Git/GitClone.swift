import YggCore
import YggProcess

/// Brings a repository into the executor's mirrors, so that whatever works on it next has little left to fetch.
struct GitClone: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let git = try Git(run)
        let address = try RepositoryAddress(run.context.params["repo"]?.stringValue ?? "")
        let ref = run.context.params["ref"]?.stringValue
        let mirror = try await update(address, git)
        let listing = try await git.output(
            ["for-each-ref", "--format=%(refname)", "refs/remotes/origin", "refs/tags"],
            at: mirror.place,
            limit: 64 << 20
        )
        let names = listing.split(separator: "\n")
        let branches = names.count { $0.hasPrefix("refs/remotes/") }
        var result: JSONObject = [
            "exitCode": 0, "mirror": .string(mirror.place.gitDirectory), "branches": .int(Int64(branches)),
            "tags": .int(Int64(names.count - branches)),
        ]
        result.append("defaultBranch", .optional(mirror.defaultBranch))
        let counts = "\(counted(branches, "branch", "branches")), \(counted(names.count - branches, "tag", "tags"))"
        guard ref != nil || !names.isEmpty else {
            result.append("summary", .string("\(address.display) is empty"))
            return result
        }
        let head = try await mirror.refs.commit(ref)
        await LargeFiles.tell(git: git, place: mirror.place, commit: head)
        result.append("head", .string(head))
        let name = ref ?? mirror.defaultBranch ?? "HEAD"
        result.append("summary", .string("\(address.display): \(name) is at \(head.prefix(12)); \(counts)"))
        return result
    }

    private func update(_ address: RepositoryAddress, _ git: Git) async throws(HandlerFailure) -> Mirror {
        guard case .path(let path) = address else {
            var mirror = Mirror(of: address, git: git)
            try await mirror.update()
            return mirror
        }
        let local = try LocalRepository(at: path, roots: git.run.context.repositories)
        let view = try await RepositoryView(of: local, git: git)
        defer { view.remove() }
        var mirror = Mirror(of: .path(local.commonDirectory), git: git)
        try await mirror.update(from: view)
        return mirror
    }
}

/// `1 branch`, `2 branches`.
func counted(_ count: some BinaryInteger, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
}
