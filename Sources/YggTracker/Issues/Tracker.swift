import YggCore

/// Where people write down what is to be done: one workspace of an issue tracker.
///
/// Calls are made one after the other, and never two at once; `IssueKeeper` decides which. A call that changes something may
/// have changed it although it failed: only a failure of the kind `refused` says that it did not.
package protocol Tracker: Sendable {
    /// Which workspace it is, in words for people.
    var place: String { get }
    /// What is there, and what can be done with it.
    func probe() async throws(TrackerFailure) -> TrackerReport
    /// Every open issue that nothing blocks, whosever it is; nil where that is what the last call answered.
    func ready() async throws(TrackerFailure) -> [TrackedIssue]?
    /// What this actor has claimed.
    func held(by actor: String) async throws(TrackerFailure) -> [TrackedIssue]
    /// Open issues that wait for others, with whom they wait for.
    func blocked() async throws(TrackerFailure) -> [TrackedIssue]
    /// nil where there is none.
    func issue(_ id: IssueID) async throws(TrackerFailure) -> TrackedIssue?
    func claim(_ id: IssueID, as actor: String) async throws(TrackerFailure) -> ClaimAnswer
    /// Their texts.
    func comments(of id: IssueID) async throws(TrackerFailure) -> [String]
    func comment(_ text: String, on id: IssueID, as actor: String) async throws(TrackerFailure)
    func close(_ id: IssueID, reason: String, as actor: String) async throws(TrackerFailure)
    /// Takes it out of this actor's hands.
    /// - Returns: the issue afterwards, where the tracker tells.
    func putBack(_ id: IssueID, _ way: PutBack, as actor: String) async throws(TrackerFailure) -> TrackedIssue?
    /// Says that a claim is still meant, where claims end by themselves.
    func renew(_ id: IssueID, as actor: String) async throws(TrackerFailure)
    /// Changes when somebody may have changed something; cheap, and no more than a hint. nil where there is no such sign.
    func sign() -> String?
}

/// What a tracker is and can do.
package struct TrackerReport: Sendable, Hashable {
    /// What it calls itself, and its version.
    package var version: String
    /// Where its issues are, in its own words; nil where it does not say.
    package var home: String?
    /// Why nothing can be claimed; nil where it can.
    package var objection: String?
    /// What a person should know.
    package var notes: [String] = []
    /// Whether claims end unless they are renewed.
    package var renewsClaims = false
    /// Whether it says which issues wait for which.
    package var tellsBlocked = true

    package init(version: String) { self.version = version }
}

package enum ClaimAnswer: Sendable, Hashable {
    /// The tracker says so; what counts is what it says afterwards.
    case won
    /// Somebody else has it, or it cannot be had. In words for people.
    case lost(String)
}

/// How an issue is given out of hand.
package enum PutBack: Sendable, Hashable {
    /// Open and nobody's again.
    case released(label: String?)
    /// Blocked until a person looks at it.
    case parked(label: String)
}

/// A call of a tracker that came to nothing.
package struct TrackerFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// It was not done, and will not be if asked again as it is.
        case refused
        /// Something about it failed, and nobody knows what: another time may do, and others are not kept waiting.
        case failed
        /// It cannot be asked now; another time may do.
        case unavailable
        /// It was asked and did not answer: it may have been done.
        case unanswered
        /// It cannot be used as it is: a person has to do something.
        case unusable
    }

    package var kind: Kind
    package var detail: String
    /// What to do about it.
    package var next: String?

    package init(_ kind: Kind, _ detail: String, next: String? = nil) {
        self.kind = kind
        self.detail = detail
        self.next = next
    }

    package var description: String { next.map { "\(detail) \($0)" } ?? detail }
}
