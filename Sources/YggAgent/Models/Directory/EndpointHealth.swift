package import YggCore

/// Whether a server of models answers, and when to look again.
///
/// A refused connection says at once that nobody is there. One that is late may just be busy with a long prompt, so it is
/// believed to be gone only when it was late twice in a row.
package struct EndpointHealth: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case answered
        /// Nobody is there, or somebody else.
        case gone(String)
        /// It took too long, or broke off.
        case late(String)
    }

    /// nil before it was asked.
    package private(set) var isReachable: Bool?
    /// Since when it answers, or does not.
    package private(set) var since: Timestamp
    /// Why it does not.
    package private(set) var detail: String?
    private var isLate = false

    package init(at time: Timestamp) { since = time }

    package mutating func note(_ outcome: Outcome, at time: Timestamp) {
        switch outcome {
        case .answered: turn(true, nil, at: time)
        case .gone(let detail): turn(false, detail, at: time)
        case .late(let detail):
            if isLate || isReachable != true { turn(false, detail, at: time) }
            isLate = true
            return
        }
        isLate = false
    }

    private mutating func turn(_ reachable: Bool, _ detail: String?, at time: Timestamp) {
        if isReachable != reachable { since = time }
        isReachable = reachable
        self.detail = detail
    }

    /// Until the next look, before jitter: seldom while all is well, because whoever asks a model notices first.
    package var interval: Milliseconds { isReachable == true && !isLate ? .seconds(30) : .seconds(3) }
}
