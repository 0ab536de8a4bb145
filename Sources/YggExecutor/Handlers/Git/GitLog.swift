import YggCore

/// The latest commits.
struct GitLog: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let params = run.context.params
        return try await ReadableRepository.with(params["repo"]?.stringValue ?? "", run) {
            repository async throws(HandlerFailure) in
            let start = try await repository.refs.commit(params["ref"]?.stringValue)
            var arguments = [
                "log", "-z", "--max-count=\(params["limit"]?.intValue ?? 10)",
                "--format=tformat:\(LoggedCommit.format)",
                "--no-show-signature", "--no-ext-diff", "--no-textconv", "--end-of-options", start, "--",
            ]
            if let path = params["path"]?.stringValue, !path.isEmpty { arguments.append(literal(path)) }
            let commits = LoggedCommit.parse(
                try await repository.git.output(arguments, at: repository.place, limit: 16 << 20)
            )
            await run.say(commits.map(\.line).joined())
            let latest = commits.first.map { ", the latest of \($0.date.prefix(10)): \($0.subject.prefix(200))" } ?? ""
            let shown = shownItems(commits.lazy.map(\.json))
            var result: JSONObject = ["exitCode": 0, "commits": .array(shown)]
            if shown.count < commits.count { result.append("commitsTotal", .int(Int64(commits.count))) }
            result.append("summary", .string(counted(commits.count, "commit", "commits") + latest))
            return result
        }
    }
}

/// A path of a user, as a pathspec in which no character is special.
func literal(_ path: String) -> String { ":(literal,top)\(path)" }

/// One commit of `git log`.
struct LoggedCommit: Sendable, Hashable {
    var sha: String
    var date: String
    var author: String
    var subject: String

    /// The subject is last, because anybody may write anything into it.
    static let format = "%H%x1f%aI%x1f%an%x1f%s"

    static func parse(_ text: String) -> [LoggedCommit] {
        text.split(separator: "\0").compactMap { entry in
            let fields = entry.split(separator: "\u{1F}", maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count == 4 else { return nil }
            return LoggedCommit(
                sha: String(fields[0]),
                date: String(fields[1]),
                author: String(fields[2]),
                subject: String(fields[3])
            )
        }
    }

    var json: JSONObject {
        ["sha": .string(sha), "author": .string(author), "date": .string(date), "subject": .string(subject)]
    }

    var line: String { "\(sha.prefix(12)) \(date.prefix(10)) \(author): \(subject)\n" }
}
