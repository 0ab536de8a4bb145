package import YggCore
package import YggTracker

/// One workspace of a tracker, and what the coordinator is to make of it.
package struct TrackerWorkspace: Sendable {
    package var tracker: any Tracker
    /// The name under which its leases are stored: where it is.
    package var name: String
    package var composer: IssueComposer
    package var rules: IssueRules
    package var words: IssueWords
    package var interval: Milliseconds
    package var ahead: Int
    package var onFailure: IssueKeeper.FailurePolicy
    /// The machine's name, for that under which issues are claimed.
    package var host: String

    package init(
        tracker: any Tracker,
        name: String,
        composer: IssueComposer,
        rules: IssueRules = IssueRules(),
        words: IssueWords = IssueWords(),
        interval: Milliseconds = .seconds(30),
        ahead: Int = 8,
        onFailure: IssueKeeper.FailurePolicy = .park,
        host: String = ""
    ) {
        self.tracker = tracker
        self.name = name
        self.composer = composer
        self.rules = rules
        self.words = words
        self.interval = interval
        self.ahead = ahead
        self.onFailure = onFailure
        self.host = host
    }
}
