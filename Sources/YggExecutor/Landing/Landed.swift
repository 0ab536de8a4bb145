import YggCore

/// A commit by which a task's work is on its target.
struct Landed: Sendable {
    let repository: String
    let target: String
    let commit: String
    /// What it landed on.
    let parent: String
    /// Whether somebody else, or an earlier attempt, has landed it.
    let wasThere: Bool

    init(
        _ commit: String,
        of repository: String,
        on place: LandingPlace,
        wasThere: Bool
    ) async throws(HandlerFailure) {
        self.repository = repository
        self.commit = commit
        self.wasThere = wasThere
        target = place.target
        parent = try await place.git.output(["rev-parse", "--verify", "\(commit)^"], at: place.mirror.place).trimmed
    }

    /// - Parameter base: what the work was made on; nil where that is not known any more.
    func result(base: String?, verified: [Verified]) -> JSONObject {
        let isNewer = base.map { $0 != parent } ?? false
        let short = commit.prefix(12)
        var result: JSONObject = [
            "summary": .string("Landed on \(target) as \(short)" + (isNewer ? ", on a newer base" : "")),
            "repository": .string(repository), "branch": .string(target), "commit": .string(commit),
            "landedOn": .string(parent), "newerBase": .bool(isNewer), "verified": .array(verified.map(\.json)),
        ]
        if wasThere { result.append("alreadyLanded", true) }
        return result
    }
}

extension Landed {
    /// How long after it was landed work is looked for, and in how many commits of its target. Somebody who has chosen the
    /// ids of tasks may have used this one long ago.
    private static let days: Int64 = 7
    private static let commits = 10_000

    /// What an earlier attempt of this task has landed without anybody having heard of it, because its executor died
    /// between the two. Only work that nobody needs to see lands from where it is made.
    /// - Parameter target: where it would land.
    /// - Returns: what to end with in place of doing the work once more; nil where nothing has landed.
    static func earlier(
        _ repository: String,
        target: String,
        pushes: Bool,
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> HandlerResult? {
        let context = run.context
        guard context.key.epoch > 1, context.call == nil, !context.tier.contains(.review) else { return nil }
        var place = try await LandingPlace(repository: repository, target: target, git: try Git(run))
        guard let tip = try await place.tip(base: nil) else { return nil }
        let mark = Landing.Mark(task: context.key.task)
        let since = context.acceptedAt.milliseconds / 1000 - days * 86_400
        let recent = ["--max-count=\(commits)", tip]
        guard let commit = try await mark.find(among: recent, since: since, in: place.mirror) else { return nil }
        let landed = try await Landed(commit, of: repository, on: place, wasThere: true)
        var result = landed.result(base: nil, verified: [])
        if pushes {
            for member in try await place.pushOn(commit).members { result.append(member.key, member.value) }
        }
        await run.message("An earlier attempt has landed it already, as \(commit.prefix(12)).")
        return HandlerResult(outcome: .succeeded, result: result)
    }
}

extension Landing.Mark {
    /// Of work that nobody needs to see: what it is known by is its task.
    init(task: TaskID) { self.init(trailer: "Ygg-Task", value: task.rawValue) }

    /// The newest commit with this mark.
    /// - Parameters:
    ///   - commits: where it is looked for, as `git log` is told.
    ///   - since: in seconds: older ones are others of the same name. Not git's own bound, which ends its search at the first
    ///     commit that says to be older.
    func find(
        among commits: [String],
        since: Int64 = .min,
        in mirror: Mirror
    ) async throws(HandlerFailure) -> String? {
        let format = "--format=%H %ct %(trailers:key=\(trailer),valueonly,separator=%x2C)"
        let listing = try await mirror.git.output(
            ["log", "--no-show-signature", format] + commits + ["--"],
            at: mirror.place,
            limit: 64 << 20
        )
        for line in listing.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 2)
            guard fields.count == 3, Int64(fields[1]).map({ $0 >= since }) == true else { continue }
            let values = fields[2].split(separator: ",").map(\.trimmed)
            if values.contains(value) { return String(fields[0]) }
        }
        return nil
    }
}
