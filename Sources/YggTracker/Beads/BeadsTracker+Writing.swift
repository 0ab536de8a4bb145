import Glibc
import YggCore

// What changes an issue. One id a call, because of several a success of one is told as that of all.
extension BeadsTracker {
    package func claim(_ id: IssueID, as actor: String) async throws(TrackerFailure) -> ClaimAnswer {
        if let version, version < .safeClaims {
            // These claim what is closed as well, and open it again by that.
            guard let issue = try await issue(id) else { return .lost("There is no issue \(id) any more.") }
            guard issue.status == .open || issue.isHeld(by: actor) else {
                return .lost("The issue \(id) is \(issue.status.rawValue).")
            }
        }
        let reply = try await command.run(["update", id.rawValue, "--claim"], as: actor)
        if let error = reply.error {
            switch BeadsFault(error, about: id) {
            case .taken, .missing: return .lost(error)
            // Two at once, and this one was not written; or it was, and the answer is about the other.
            case .busy: throw TrackerFailure(.unanswered, "bd update \(id) --claim: \(error)")
            default: throw failure(error, "update", about: id)
            }
        }
        guard let issue = (reply.list ?? []).compactMap({ TrackedIssue(beads: $0) }).first(where: { $0.id == id })
        else {
            throw TrackerFailure(.unanswered, "bd update \(id) --claim did not answer with the issue.")
        }
        guard issue.assignee == actor else { return .lost("The issue \(id) is \(issue.assignee ?? "nobody")'s.") }
        if issue.status == .open {
            // What was assigned to us before is not begun by a claim of older versions.
            _ = try await succeed(["update", id.rawValue, "--status", "in_progress"], about: id, as: actor)
            return .won
        }
        return issue.status == .inProgress ? .won : .lost("The issue \(id) is \(issue.status.rawValue).")
    }

    package func comment(_ text: String, on id: IssueID, as actor: String) async throws(TrackerFailure) {
        let path = try write(text)
        defer { unlink(path) }
        _ = try await succeed(["comments", "add", id.rawValue, "-f", path], about: id, as: actor)
    }

    package func close(_ id: IssueID, reason: String, as actor: String) async throws(TrackerFailure) {
        let reply = try await command.run(["close", id.rawValue, "--reason", reason], as: actor)
        if let error = reply.error { throw failure(error, "close", about: id) }
        if let told = reply.list?.compactMap({ TrackedIssue(beads: $0) }).first(where: { $0.id == id }),
            told.status == .closed
        {
            return
        }
        guard let issue = try await issue(id), issue.status != .closed else { return }
        throw TrackerFailure(.refused, "bd close \(id) succeeded, and the issue is \(issue.status.rawValue).")
    }

    package func putBack(
        _ id: IssueID,
        _ way: PutBack,
        as actor: String
    ) async throws(TrackerFailure) -> TrackedIssue? {
        let (status, label): (String, String?) =
            switch way {
            case .released(let label): ("open", label)
            case .parked(let label): ("blocked", label)
            }
        var arguments = ["update", id.rawValue, "--status", status, "--assignee", ""]
        if let label { arguments += ["--add-label", label] }
        let reply = try await succeed(arguments, about: id, as: actor)
        return reply.list?.compactMap { TrackedIssue(beads: $0) }.first { $0.id == id }
    }

    package func renew(_ id: IssueID, as actor: String) async throws(TrackerFailure) {
        _ = try await succeed(["heartbeat", id.rawValue], about: id, as: actor)
    }

    /// A file that only we read, until `bd` has.
    private func write(_ text: String) throws(TrackerFailure) -> String {
        mkdir(scratch, 0o700)
        let path = "\(scratch)/comment-\(UInt64.random(in: 0 ... .max)).txt"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unwritten(path) }
        defer { Glibc.close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                unlink(path)
                throw Self.unwritten(path)
            }
            bytes = bytes.dropFirst(count)
        }
        return path
    }

    private static func unwritten(_ path: String) -> TrackerFailure {
        TrackerFailure(.unavailable, "The comment cannot be written to \(path): \(String(cString: strerror(errno))).")
    }
}
