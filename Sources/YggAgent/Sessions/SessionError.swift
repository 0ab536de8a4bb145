/// Why a session's file cannot be used, in a sentence for whoever runs the executor.
package struct SessionError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        /// Another process, or another run in this one, goes on with it.
        case inUse
        case exists
        case damaged
        case newerFormat
        case notAccessible
    }

    package var reason: Reason
    package var description: String

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
