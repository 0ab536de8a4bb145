/// How much the tools take and give. A small model's context is a few thousand words: what it is shown of anything has
/// to be a part of that.
package struct ToolLimits: Sendable, Hashable {
    /// The longest answer of any tool, in bytes.
    package var answerBytes = 12_000
    /// The largest file that is read, edited or written, in bytes.
    package var fileBytes = 1 << 20
    /// The most lines of a file in one answer.
    package var readLines = 250
    /// What is shown of one line, in bytes.
    package var lineBytes = 600
    /// The most entries of a directory in one answer.
    package var listEntries = 200
    /// The most matches of a search in one answer.
    package var searchMatches = 60
    /// What is shown of a command's output, half of it from the beginning and half from the end, in bytes.
    package var commandOutputBytes = 8_000
    /// How long a command may take where the call names no other time.
    package var commandTime = Duration.seconds(30)
    /// The longest time a call may name.
    package var longestCommandTime = Duration.seconds(600)

    package init() {}
}
