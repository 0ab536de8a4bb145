/// Where the next attempt of a task goes on: the session of an agent that was put aside, and the state of its work. The
/// bytes of both are artifacts of the task.
package struct SuspendedSession: Sendable, Hashable {
    /// The member of the task's result that holds it.
    package static let member = "resume"

    /// The sha256 of the session's file.
    package var session: String
    /// How long that file is: of two states of one session the longer is the later one.
    package var bytes: Int64
    /// The sha256 of a bundle of the work on its base.
    package var checkpoint: String
    /// The commit in the bundle.
    package var commit: String
    /// The commit that the work began from.
    package var base: String

    package init(session: String, bytes: Int64, checkpoint: String, commit: String, base: String) {
        self.session = session
        self.bytes = bytes
        self.checkpoint = checkpoint
        self.commit = commit
        self.base = base
    }

    package var json: JSONObject {
        [
            "session": .string(session), "bytes": .int(bytes), "checkpoint": .string(checkpoint),
            "commit": .string(commit), "base": .string(base),
        ]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        self.init(
            session: try reader.required("session") { $0.string("session", maxLength: 64) },
            bytes: try reader.required("bytes") { $0.int("bytes", in: 0...Int64.max) },
            checkpoint: try reader.required("checkpoint") { $0.string("checkpoint", maxLength: 64) },
            commit: try reader.required("commit") { $0.string("commit", maxLength: 64) },
            base: try reader.required("base") { $0.string("base", maxLength: 64) }
        )
    }

    /// What a report or a task's result says of one; nil where it says nothing that can be used.
    package init?(in result: JSONObject?) {
        guard let json = result?[Self.member], var reader = try? ObjectReader(json),
            let read = try? SuspendedSession(reading: &reader)
        else { return nil }
        self = read
    }

    /// The result of a task that holds it.
    package var result: JSONObject { [Self.member: .object(json)] }
}
