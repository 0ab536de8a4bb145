import FoundationEssentials
import Glibc
import YggCore

/// A tracker that is one file: an issue a line, as JSON with the members of Beads (`id`, `title`, `description`, `labels`,
/// `priority`, `status`, `metadata`, …). People edit it, and so do we: under a lock, as a whole, and without touching lines
/// that are no issues.
package actor FileTracker: Tracker {
    package nonisolated let place: String

    package init(path: String) { place = path }

    package func probe() async throws(TrackerFailure) -> TrackerReport {
        _ = try read()
        var report = TrackerReport(version: "JSON lines")
        report.tellsBlocked = true
        return report
    }

    package func ready() async throws(TrackerFailure) -> [TrackedIssue]? {
        let issues = try issues()
        let open = Set(issues.filter { !$0.status.isOver }.map(\.id))
        return issues.filter { $0.status == .open && $0.blockedBy.allSatisfy { !open.contains($0) } }
    }

    package func held(by actor: String) async throws(TrackerFailure) -> [TrackedIssue] {
        try issues().filter { $0.isHeld(by: actor) }
    }

    package func blocked() async throws(TrackerFailure) -> [TrackedIssue] {
        let issues = try issues()
        let open = Set(issues.filter { !$0.status.isOver }.map(\.id))
        return issues.compactMap { issue in
            var issue = issue
            issue.blockedBy = issue.blockedBy.filter { open.contains($0) }
            return issue.status == .open && !issue.blockedBy.isEmpty ? issue : nil
        }
    }

    package func issue(_ id: IssueID) async throws(TrackerFailure) -> TrackedIssue? {
        try issues().first { $0.id == id }
    }

    package func claim(_ id: IssueID, as actor: String) async throws(TrackerFailure) -> ClaimAnswer {
        var answer = ClaimAnswer.lost("There is no issue \(id).")
        try change(id) { object in
            guard let issue = TrackedIssue(beads: .object(object)) else { return }
            guard issue.isHeld(by: actor) || issue.status == .open && (issue.assignee ?? actor) == actor else {
                answer = .lost("The issue \(id) is \(issue.status.rawValue), \(issue.assignee ?? "nobody")'s.")
                return
            }
            object["status"] = "in_progress"
            object["assignee"] = .string(actor)
            answer = .won
        }
        return answer
    }

    package func comments(of id: IssueID) async throws(TrackerFailure) -> [String] {
        let line = try read().first { $0.issue?.id == id }
        return (line?.object?["comments"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
    }

    package func comment(_ text: String, on id: IssueID, as actor: String) async throws(TrackerFailure) {
        try change(id) { object in
            let comment: JSON = ["author": .string(actor), "text": .string(text)]
            object["comments"] = .array((object["comments"]?.arrayValue ?? []) + [comment])
        }
    }

    package func close(_ id: IssueID, reason: String, as actor: String) async throws(TrackerFailure) {
        try change(id) { object in
            object["status"] = "closed"
            object["close_reason"] = .string(reason)
        }
    }

    package func putBack(
        _ id: IssueID,
        _ way: PutBack,
        as actor: String
    ) async throws(TrackerFailure) -> TrackedIssue? {
        try change(id) { object in
            object["assignee"] = nil
            let (status, label): (String, String?) =
                switch way {
                case .released(let name): ("open", name)
                case .parked(let name): ("blocked", name)
                }
            object["status"] = .string(status)
            let labels = object["labels"]?.arrayValue ?? []
            if let label, !labels.contains(.string(label)) { object["labels"] = .array(labels + [.string(label)]) }
        }
        return try await issue(id)
    }

    package func renew(_ id: IssueID, as actor: String) async throws(TrackerFailure) {}

    package nonisolated func sign() -> String? { FileMark.of(place) }

    // MARK: - The file

    private struct Line {
        var text: String
        var object: JSONObject?
        var issue: TrackedIssue? { object.flatMap { TrackedIssue(beads: .object($0)) } }
    }

    private func issues() throws(TrackerFailure) -> [TrackedIssue] { try read().compactMap(\.issue) }

    private func read() throws(TrackerFailure) -> [Line] {
        guard let data = FileManager.default.contents(atPath: place) else {
            throw TrackerFailure(
                .unusable,
                "The file of issues \(place) cannot be read.",
                next: "Make it: touch \(place)"
            )
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
            Line(text: String($0), object: (try? JSON(parsing: String($0)))?.objectValue)
        }
    }

    /// - Throws: where there is no such issue, or the file cannot be written.
    private func change(_ id: IssueID, _ body: (inout JSONObject) -> Void) throws(TrackerFailure) {
        let lock = open("\(place).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw TrackerFailure(.unavailable, "\(place).lock cannot be opened.") }
        // It is held for a read and a write; whoever finds it held asks again later. Given back by saying so: a program that is
        // just being started has the descriptor, too, until it runs.
        defer {
            flock(lock, LOCK_UN)
            Glibc.close(lock)
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw TrackerFailure(.unavailable, "\(place) is being changed by somebody else.")
        }
        var lines = try read()
        guard let index = lines.firstIndex(where: { $0.issue?.id == id }), var object = lines[index].object else {
            throw TrackerFailure(.refused, "There is no issue \(id) in \(place).")
        }
        body(&object)
        object["updated_at"] = .string(Self.now.description)
        lines[index].text = JSON.object(object).text
        let text = lines.map(\.text).joined(separator: "\n")
        do {
            try Data(text.utf8).write(to: URL(filePath: place), options: .atomic)
        } catch {
            throw TrackerFailure(.unavailable, "\(place) cannot be written: \(error)")
        }
    }

    private static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
