/// What a failed run of `bd` means, by its words: codes it has none.
enum BeadsFault: Sendable, Hashable {
    /// There is no such issue.
    case missing
    /// Somebody else has it, or it is in no state to be claimed.
    case taken
    /// It is kept open by others.
    case guarded
    /// This version does not know the flag or the command.
    case unknownFlag
    /// Somebody else is writing, or the database is being opened.
    case busy
    /// No workspace, or one of another version.
    case unusable
    case other

    init(_ text: String) {
        let text = text.lowercased()
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        if says("already claimed", "not claimable", "already_claimed") {
            self = .taken
        } else if says("unknown flag", "unknown shorthand", "unknown command") {
            self = .unknownFlag
        } else if says("exclusive lock", "database is locked", "write conflict", "serialization", "commit claim issue")
        {
            self = .busy
        } else if says("no beads database", "no beads workspace", "schema", "backend") {
            self = .unusable
        } else if says("cannot close", "open blockers", "open children", "use --force") {
            self = .guarded
        } else if says("no issue found", "no issues found", "issue not found", "not found: ") {
            self = .missing
        } else {
            self = .other
        }
    }
}
