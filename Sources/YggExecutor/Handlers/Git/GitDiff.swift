import YggCore

/// What changed between two commits, or between a commit and the work tree.
struct GitDiff: ProcessHandler {
    let spec: KindSpec

    private static let options = [
        // No command that a repository names may run, and no git inside its submodules.
        "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short", "--ignore-submodules=dirty",
    ]

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let params = run.context.params
        return try await ReadableRepository.with(params["repo"]?.stringValue ?? "", run) {
            repository async throws(HandlerFailure) in
            var commits = [try await repository.refs.commit(params["from"]?.stringValue)]
            if let to = params["to"]?.stringValue, !to.isEmpty {
                commits.append(try await repository.refs.commit(to))
            } else if repository.place.workTree == nil {
                // There is no work tree to compare with: then it is the newest commit.
                commits.append(try await repository.refs.commit(nil))
            }
            var end = ["--end-of-options"] + commits + ["--"]
            if let path = params["path"]?.stringValue, !path.isEmpty { end.append(literal(path)) }
            let numbers = try await repository.git.output(
                ["diff", "--numstat", "-z"] + Self.options + end,
                at: repository.place,
                limit: 64 << 20
            )
            let size = DiffSize(numstat: numbers)
            let form = params["stat"]?.boolValue == true ? ["--stat=100"] : ["--patch"]
            try await repository.git.stream(["diff"] + form + Self.options + end, at: repository.place)
            return size.result
        }
    }
}

/// What `git diff --numstat -z` counts.
struct DiffSize: Sendable, Hashable {
    var files: Int64 = 0
    var insertions: Int64 = 0
    var deletions: Int64 = 0

    /// `<added>\t<removed>\t<path>\0`; of a rename the path is empty and two follow; of a binary file the numbers are
    /// dashes.
    init(numstat text: String) {
        var entries = text.split(separator: "\0", omittingEmptySubsequences: true).makeIterator()
        while let entry = entries.next() {
            let fields = entry.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            files += 1
            insertions += Int64(fields[0]) ?? 0
            deletions += Int64(fields[1]) ?? 0
            if fields[2].isEmpty { for _ in 0..<2 { _ = entries.next() } }
        }
    }

    var result: JSONObject {
        let summary =
            files == 0
            ? "No changes"
            : "\(counted(files, "file", "files")) changed, \(counted(insertions, "insertion", "insertions")), "
                + counted(deletions, "deletion", "deletions")
        return [
            "exitCode": 0, "files": .int(files), "insertions": .int(insertions), "deletions": .int(deletions),
            "summary": .string(summary),
        ]
    }
}
