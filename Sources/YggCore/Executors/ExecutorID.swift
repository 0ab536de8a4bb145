/// The name of an executor: `[A-Za-z0-9._-]{1,64}`, chosen by the person who starts it.
package struct ExecutorID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: String

    package init?(_ text: String) {
        guard TaskID(text) != nil else { return nil }
        rawValue = text
    }

    package init(trusted text: String) { rawValue = text }

    package var description: String { rawValue }

    package static func < (left: ExecutorID, right: ExecutorID) -> Bool { left.rawValue < right.rawValue }
}
