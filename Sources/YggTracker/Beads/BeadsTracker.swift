import YggCore

/// Beads: one workspace, through `bd` and nothing else.
package actor BeadsTracker: Tracker {
    package nonisolated let place: String
    let command: BeadsCommand
    /// Where comments are written down for `bd` to read: a text as an argument could look like an option.
    let scratch: String
    var version: BeadsVersion?
    /// Flags that this version was found not to know.
    var unknownFlags: Set<String> = []
    private var lastReady: [UInt8]?

    /// - Parameter scratch: a folder of our own for short-lived files; made where it is missing.
    package init(_ settings: BeadsCommand.Settings, scratch: String) {
        place = settings.directory
        command = BeadsCommand(settings)
        self.scratch = scratch
    }

    // MARK: Looking

    package func ready() async throws(TrackerFailure) -> [TrackedIssue]? {
        // Nothing may limit or sort it by somebody's settings. What is assigned is asked for as well: one that was closed by us
        // and is open again still bears our name.
        let flags = [["--limit", "0"], ["--sort", "oldest"]]
        let reply = try await succeed(["ready"], flags: flags, unlessSameAs: lastReady)
        if reply.isSame(as: lastReady) { return nil }
        let issues = try issues(in: reply, of: "ready")
        lastReady = reply.stdout
        return issues
    }

    package func held(by actor: String) async throws(TrackerFailure) -> [TrackedIssue] {
        let arguments = ["list", "--status", "in_progress", "--assignee", actor]
        return try issues(in: try await succeed(arguments, flags: [["--limit", "0"]]), of: "list")
    }

    package func blocked() async throws(TrackerFailure) -> [TrackedIssue] {
        try issues(in: try await succeed(["blocked"]), of: "blocked")
    }

    package func issue(_ id: IssueID) async throws(TrackerFailure) -> TrackedIssue? {
        let reply = try await command.run(["show", id.rawValue])
        if let error = reply.error {
            if BeadsFault(error, about: id) == .missing { return nil }
            throw failure(error, "show", about: id)
        }
        let found = (reply.list ?? []).compactMap { TrackedIssue(beads: $0) }
        guard !found.isEmpty else {
            throw TrackerFailure(.failed, "bd show \(id) answered with something that is no issue.")
        }
        // An id that is a part of another one finds that one.
        return found.first { $0.id == id }
    }

    package func comments(of id: IssueID) async throws(TrackerFailure) -> [String] {
        let reply = try await succeed(["comments", id.rawValue], about: id)
        guard let comments = reply.array else {
            throw TrackerFailure(.failed, "bd comments \(id) answered with something that is no list of comments.")
        }
        return comments.compactMap { $0["text"]?.stringValue }
    }

    // MARK: Reading

    /// Every issue of an answer. One that cannot be read is passed over; an answer that is no list is none.
    func issues(in reply: BeadsReply, of name: String) throws(TrackerFailure) -> [TrackedIssue] {
        guard let list = reply.array else {
            let start = String(decoding: reply.stdout.prefix(80), as: UTF8.self).split(separator: "\n").first ?? ""
            throw TrackerFailure(
                .unavailable,
                "bd \(name) answered with something that is no list of issues: \(start)",
                next: "Try it: ygg tracker doctor"
            )
        }
        return list.compactMap { TrackedIssue(beads: $0) }
    }

    /// Runs a command that has to succeed. A flag that this version does not know is left out from then on.
    /// - Parameter last: an answer that was read before: the same bytes are not read again, which costs more than all the rest.
    func succeed(
        _ arguments: [String],
        flags: [[String]] = [],
        unlessSameAs last: [UInt8]? = nil,
        about id: IssueID? = nil,
        as actor: String? = nil
    ) async throws(TrackerFailure) -> BeadsReply {
        while true {
            let known = flags.filter { !unknownFlags.contains($0[0]) }
            let reply = try await command.run(arguments + known.flatMap { $0 }, as: actor)
            if reply.isSame(as: last) { return reply }
            guard let error = reply.error else { return reply }
            if BeadsFault(error) == .unknownFlag, let flag = known.first(where: { error.contains($0[0]) }) {
                unknownFlags.insert(flag[0])
                continue
            }
            throw failure(error, arguments.first ?? "", about: id)
        }
    }

    func failure(_ error: String, _ name: String, about id: IssueID? = nil) -> TrackerFailure {
        switch BeadsFault(error, about: id) {
        case .busy: TrackerFailure(.unavailable, "bd \(name): \(error)")
        case .unusable:
            TrackerFailure(
                .unusable,
                "bd \(name) in \(place): \(error)",
                next: "Look at it there with `bd where`; a new workspace is made with `bd init`."
            )
        case .other: TrackerFailure(.failed, "bd \(name): \(error)")
        case .missing, .taken, .guarded, .unknownFlag, .unleased: TrackerFailure(.refused, "bd \(name): \(error)")
        }
    }
}
