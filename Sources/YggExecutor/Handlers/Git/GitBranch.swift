import YggCore

/// Lists the branches of a repository, or makes one. A branch that is there is never moved.
struct GitBranch: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let params = run.context.params
        let git = try Git(run)
        let repository = params["repo"]?.stringValue ?? ""
        let name = params["name"]?.stringValue
        var place = try await LandingPlace(repository: repository, target: name ?? "main", git: git)
        let tip = try await place.tip(base: nil)
        guard let name else { return try await list(place.mirror, run) }
        let commit = try await place.mirror.refs.commit(params["ref"]?.stringValue)
        if tip == nil, try await place.publish(commit, over: nil) == .done {
            return [
                "exitCode": 0, "branch": .string(name), "commit": .string(commit),
                "summary": .string("Made \(name) at \(commit.prefix(12))"),
            ]
        }
        let there = try await place.tip(base: nil)
        guard there == commit else {
            throw HandlerFailure(
                code: "branch-exists",
                detail: "\(place.mirror.address.display) has a branch \(name) already, at "
                    + "\(there?.prefix(12) ?? "another commit"): choose another name.",
                retryable: false
            )
        }
        return [
            "exitCode": 0, "branch": .string(name), "commit": .string(commit),
            "summary": .string("\(name) is at \(commit.prefix(12)) already"),
        ]
    }

    private func list(_ mirror: Mirror, _ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let branches = try await MirrorBranches(mirror)
        for (name, commit) in branches.sorted { await run.say("\(commit.prefix(12)) \(name)\n") }
        var result: JSONObject = [
            "exitCode": 0,
            "branches": .array(branches.sorted.map { ["name": .string($0.name), "commit": .string($0.commit)] }),
            "summary": .string(counted(branches.commits.count, "branch", "branches")),
        ]
        result.append("defaultBranch", .optional(mirror.defaultBranch))
        return result
    }
}

/// The branches of the original, as its mirror knows them.
struct MirrorBranches: Sendable {
    var commits: [String: String] = [:]

    init(_ mirror: Mirror) async throws(HandlerFailure) {
        guard LocalFiles.isFile("\(mirror.place.gitDirectory)/HEAD") else { return }
        let listing = try await mirror.git.output(
            ["for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes/origin"],
            at: mirror.place,
            limit: 64 << 20
        )
        for line in listing.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { continue }
            commits[String(words[1].dropFirst("refs/remotes/origin/".count))] = String(words[0])
        }
    }

    var sorted: [(name: String, commit: String)] {
        commits.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// Brings a mirror up to date, and says which branches have moved since it was looked at last.
struct GitFetch: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let git = try Git(run)
        let repository = run.context.params["repo"]?.stringValue ?? ""
        var place = try await LandingPlace(repository: repository, target: "main", git: git)
        let before = try await MirrorBranches(place.mirror).commits
        _ = try await place.tip(base: nil)
        let after = try await MirrorBranches(place.mirror).commits
        var changes: [JSON] = []
        for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
            var change: JSONObject = ["branch": .string(name)]
            change.append("from", .optional(before[name]))
            change.append("to", .optional(after[name]))
            changes.append(.object(change))
            let moves = "\(before[name]?.prefix(12) ?? "new") → \(after[name]?.prefix(12) ?? "gone")"
            await run.say("\(name): \(moves)\n")
        }
        let summary =
            changes.isEmpty ? "Nothing new" : "\(counted(changes.count, "branch has", "branches have")) changed"
        return [
            "exitCode": 0, "mirror": .string(place.mirror.place.gitDirectory), "changed": .array(changes),
            "summary": .string(summary),
        ]
    }
}

/// Sends a branch of a repository on this machine to its remote, without force.
struct GitPush: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let params = run.context.params
        let branch = params["branch"]?.stringValue ?? "main"
        let repository = params["repo"]?.stringValue ?? ""
        let git = try Git(run)
        guard case .path = try RepositoryAddress(repository) else {
            throw .unreachableRepository(
                "\(repository) is a URL, and what is there is there: name the repository on this machine whose branch is "
                    + "to be pushed."
            )
        }
        var place = try await LandingPlace(repository: repository, target: branch, git: git)
        guard let commit = try await place.tip(base: nil) else {
            // Names what comes near.
            _ = try await place.mirror.refs.commit(branch)
            throw HandlerFailure(code: "unknown-ref", detail: "\(branch) is no branch.", retryable: false)
        }
        var result = try await place.pushOn(commit)
        if let reason = result["pushError"]?.stringValue {
            throw HandlerFailure(code: "push-rejected", detail: reason, retryable: false, result: result)
        }
        result.append("exitCode", 0)
        result.append("branch", .string(branch))
        result.append("commit", .string(commit))
        result.append("summary", .string("Pushed \(branch) at \(commit.prefix(12)) to \(place.origin?.display ?? "")"))
        return result
    }
}
