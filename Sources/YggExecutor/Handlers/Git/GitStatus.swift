import YggCore
import YggProcess

/// Branch, upstream and changed files. A repository on this machine is looked at where it lies; of one behind a URL
/// only the branch can be said.
struct GitStatus: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let repo = run.context.params["repo"]?.stringValue ?? ""
        return try await ReadableRepository.with(repo, run) { repository async throws(HandlerFailure) in
            guard repository.place.workTree != nil else { return try await withoutWorkTree(repository) }
            let text = try await repository.git.output(
                [
                    "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal",
                    // More would run git inside the submodules, under configurations that are not ours.
                    "--ignore-submodules=dirty",
                ],
                at: repository.place,
                limit: 64 << 20
            )
            let status = WorkTreeStatus(porcelain: text)
            await run.say(status.text)
            return status.result
        }
    }

    private func withoutWorkTree(_ repository: ReadableRepository) async throws(HandlerFailure) -> JSONObject {
        let head = try await repository.refs.commit(nil)
        var status = WorkTreeStatus(porcelain: "")
        status.commit = head
        if let mirror = repository.mirror {
            status.branch = mirror.defaultBranch
        } else {
            let name = await repository.git.collect(
                ["symbolic-ref", "--quiet", "--short", "HEAD"],
                at: repository.place
            )
            status.branch = name.outcome.succeeded ? name.stdout.trimmed : nil
        }
        await repository.git.run.say(status.text)
        return status.result
    }
}

/// What `git status --porcelain=v2 --branch -z` says.
struct WorkTreeStatus: Sendable, Hashable {
    struct Change: Sendable, Hashable {
        var path: String
        /// `modified`, `added`, `deleted`, `renamed`, `copied`, `typeChanged`, `conflicted`, `untracked`.
        var status: String
        /// The change, or a part of it, is in the index.
        var isStaged: Bool
        var from: String?
    }

    var commit: String?
    /// nil where HEAD is detached.
    var branch: String?
    var upstream: String?
    var ahead: Int64 = 0
    var behind: Int64 = 0
    var changes: [Change] = []

    init(porcelain text: String) {
        var entries = text.split(separator: "\0", omittingEmptySubsequences: true).makeIterator()
        while let entry = entries.next() {
            let words = entry.split(separator: " ", maxSplits: entry.hasPrefix("# ") ? 3 : 10)
            switch entry.first {
            case "#" where words.count >= 3: readHeader(words)
            case "?": changes.append(Change(path: String(entry.dropFirst(2)), status: "untracked", isStaged: false))
            case "1": read(entry, fields: 8, from: nil)
            case "2": read(entry, fields: 9, from: entries.next().map(String.init))
            case "u": read(entry, fields: 10, from: nil, status: "conflicted")
            default: break
            }
        }
    }

    private mutating func readHeader(_ words: [Substring]) {
        switch words[1] {
        case "branch.oid": commit = words[2] == "(initial)" ? nil : String(words[2])
        case "branch.head": branch = words[2] == "(detached)" ? nil : String(words[2])
        case "branch.upstream": upstream = String(words[2])
        case "branch.ab" where words.count == 4:
            ahead = Int64(words[2].dropFirst()) ?? 0
            behind = Int64(words[3].dropFirst()) ?? 0
        default: break
        }
    }

    /// An entry with this many fields before its path, which may hold spaces.
    private mutating func read(_ entry: Substring, fields: Int, from: String?, status: String? = nil) {
        let words = entry.split(separator: " ", maxSplits: fields)
        guard words.count == fields + 1, let staged = words[1].first, let unstaged = words[1].last else { return }
        let letter = staged == "." ? unstaged : staged
        changes.append(
            Change(
                path: String(words[fields]),
                status: status ?? Self.word(letter),
                isStaged: staged != ".",
                from: from
            )
        )
    }

    private static func word(_ letter: Character) -> String {
        switch letter {
        case "A": "added"
        case "D": "deleted"
        case "R": "renamed"
        case "C": "copied"
        case "T": "typeChanged"
        default: "modified"
        }
    }

    var result: JSONObject {
        var result: JSONObject = ["exitCode": 0]
        result.append("branch", .optional(branch))
        result.append("commit", .optional(commit))
        result.append("upstream", .optional(upstream))
        result.append("ahead", .int(ahead))
        result.append("behind", .int(behind))
        let shown = shownItems(changes.lazy.map(\.json))
        result.append("changed", .array(shown))
        if shown.count < changes.count { result.append("changedTotal", .int(Int64(changes.count))) }
        result.append("summary", .string(summary))
        return result
    }

    var summary: String {
        var parts = [branch ?? "detached at \(commit?.prefix(12) ?? "no commit")"]
        if let upstream {
            let distance = (ahead > 0 ? ", \(ahead) ahead" : "") + (behind > 0 ? ", \(behind) behind" : "")
            parts.append(distance.isEmpty ? "level with \(upstream)" : "of \(upstream)\(distance)")
        }
        parts.append(changes.isEmpty ? "clean" : "\(counted(changes.count, "file", "files")) changed")
        return parts.joined(separator: ", ")
    }

    /// For the log: a line a file.
    var text: String {
        let lines = changes.map { change in
            "\(change.status.padded(to: 11)) \(change.from.map { "\($0) -> " } ?? "")\(change.path)"
        }
        return ([summary] + lines).joined(separator: "\n") + "\n"
    }
}

extension WorkTreeStatus.Change {
    fileprivate var json: JSONObject {
        var json: JSONObject = ["path": .string(path), "status": .string(status), "staged": .bool(isStaged)]
        json.append("from", .optional(from))
        return json
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
