/// What a task is: `prefix-verb`, as in `code-refactor`. The prefix routes it, the kind picks the handler.
package struct TaskKind: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: String

    /// nil unless the text is `[a-z][a-z0-9]*(-[a-z0-9]+)+`, 64 bytes at most.
    package init?(_ text: String) {
        guard text.utf8.count <= 64, let first = text.utf8.first, isLowerLetter(first) else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count >= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { isLowerLetter($0) || isDigit($0) } })
        else { return nil }
        rawValue = text
    }

    /// For kinds that come out of our own source or store.
    package init(trusted text: String) { rawValue = text }

    /// Up to and including the first dash: `code-`.
    package var prefix: String {
        guard let dash = rawValue.firstIndex(of: "-") else { return rawValue }
        return String(rawValue[...dash])
    }

    package var description: String { rawValue }

    package static func < (left: TaskKind, right: TaskKind) -> Bool { left.rawValue < right.rawValue }
}

private func isLowerLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
