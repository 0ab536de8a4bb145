import YggCore

/// What a failed run of `bd` means, by its words: codes it has none.
///
/// Only what is known to be final counts as such. Every phrase has several words, and what was quoted is not looked at: ids,
/// labels and paths have no words in them, so that an issue named `backend-schema` is not taken for a complaint about one.
enum BeadsFault: Sendable, Hashable {
    /// There is no such issue.
    case missing
    /// Somebody else has it, or it is in no state to be claimed.
    case taken
    /// It is kept open by others.
    case guarded
    /// This version does not know the flag or the command.
    case unknownFlag
    /// The claim is none of those that end by themselves.
    case unleased
    /// Somebody else is writing, or the database is being opened.
    case busy
    /// No workspace, or one of another version.
    case unusable
    /// Nobody knows: another time may do.
    case other

    private static let phrases: [(BeadsFault, [String])] = [
        (.taken, ["issue already claimed by", "issue not claimable"]),
        (.unknownFlag, ["unknown flag: ", "unknown shorthand flag", "unknown command "]),
        (
            .busy,
            [
                "the exclusive lock", "database is locked", "write conflict", "serialization failure",
                "commit claim issue", "lock wait timeout", "try restarting transaction", "connection refused",
            ]
        ),
        (
            .unusable,
            [
                "no beads database", "no beads workspace", "into empty database", "database not found",
                "unknown database", "schema version", "schema skew", "newer schema", "database schema",
                "unsupported backend", "unknown backend", "identity mismatch",
            ]
        ),
        (.unleased, ["no active lease", "no lease", "not leased", "lease is disarmed", "leases are disabled"]),
        (
            .guarded,
            [
                "cannot close ", "blocked by open issues", "has open blockers", "open children",
                "(use --force to override)",
            ]
        ),
        (.missing, ["no issue found matching", "no issues found matching", "issue not found", "issue this not found"]),
    ]

    /// - Parameter id: of the issue that the run was about.
    init(_ text: String, about id: IssueID? = nil) {
        var text = Self.unquoted(text)
        if let id {
            text = text.split(separator: " ").map { Self.word($0, is: id) ? "this" : $0 }.joined(separator: " ")
        }
        text = text.lowercased() + " "
        self = Self.phrases.first { $0.1.contains { text.contains($0) } }?.0 ?? .other
    }

    private static func word(_ word: Substring, is id: IssueID) -> Bool {
        word == id.rawValue || word.hasSuffix(":") && word.dropLast() == id.rawValue
    }

    /// Without what stands between quotation marks.
    private static func unquoted(_ text: String) -> String {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .map { $0.offset.isMultiple(of: 2) ? String($0.element) : "\"\"" }
            .joined()
    }
}
