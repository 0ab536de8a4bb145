/// Mistakes made on purpose, to prove that the tests of the fleet would notice them.
///
/// A test hands them to the values that decide; everywhere else the set is empty, and a release build knows none.
package struct Sabotage: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Reports are taken whatever epoch they were made under.
    package static let skipsEpochCheck = Sabotage(rawValue: 1 << 0)
    /// A write is answered before it is committed.
    package static let answersBeforeCommit = Sabotage(rawValue: 1 << 1)
    /// The Outbox takes no notice of what was acknowledged.
    package static let forgetsAcknowledgement = Sabotage(rawValue: 1 << 2)
    /// An attempt that a drain ended counts as a failed try.
    package static let countsDrainAsFailure = Sabotage(rawValue: 1 << 3)
    /// An executor that is cut off goes on until the coordinator has granted its work to another.
    package static let runsOnPastTTL = Sabotage(rawValue: 1 << 4)
    /// An attempt that is finished and not acknowledged is left out of `held`.
    package static let leavesFinishedOutOfHeld = Sabotage(rawValue: 1 << 5)
    /// Statements are applied in the order in which they come.
    package static let appliesOlderRev = Sabotage(rawValue: 1 << 6)
    /// A lease is renewed whether or not `held` names it.
    package static let renewsUnnamedLease = Sabotage(rawValue: 1 << 7)
    /// Free slots are what they were when the poll was parked.
    package static let takesSlotsFromParkedSync = Sabotage(rawValue: 1 << 8)
    /// An approval is taken for whatever waits, and not for what the person was shown.
    package static let ignoresDigest = Sabotage(rawValue: 1 << 9)
    /// The end of a landing wakes nobody who waits for it.
    package static let forgetsWaitingLandings = Sabotage(rawValue: 1 << 10)

    /// All of them, by name.
    package static let all: [(name: String, mistake: Sabotage)] = [
        ("skip the epoch check", .skipsEpochCheck),
        ("answer before the commit", .answersBeforeCommit),
        ("forget an Outbox acknowledgement", .forgetsAcknowledgement),
        ("count a drain as a failure", .countsDrainAsFailure),
        ("grant at TTL while the executor still runs", .runsOnPastTTL),
        ("leave a finished, unacknowledged attempt out of held", .leavesFinishedOutOfHeld),
        ("apply an older rev", .appliesOlderRev),
        ("renew a lease that held does not name", .renewsUnnamedLease),
        ("take free slots from a parked sync", .takesSlotsFromParkedSync),
        ("approve whatever waits", .ignoresDigest),
        ("let the end of a landing wake nobody", .forgetsWaitingLandings),
    ]

    /// Whether this mistake is to be made.
    package func makes(_ mistake: Sabotage) -> Bool {
        #if DEBUG
        contains(mistake)
        #else
        false
        #endif
    }
}
