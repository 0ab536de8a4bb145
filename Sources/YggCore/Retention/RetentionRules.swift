/// How much of finished work is kept, and for how long.
///
/// Whoever is referred to by unfinished work is kept, however old and however full the store: its dependencies, its
/// parent, what it retries or continues. Unfinished tasks, and so open approvals, are no candidates at all.
package struct RetentionRules: Sendable, Hashable {
    /// A finished task is removed this long after its end.
    package var age: Milliseconds
    /// Bytes that the store and the artifacts may hold together before output goes, oldest first.
    package var size: Int64

    package init(age: Milliseconds, size: Int64) {
        self.age = age
        self.size = size
    }

    /// A finished task, as far as its removal depends on it.
    package struct Candidate: Sendable, Hashable {
        package var num: Int64
        package var finishedAt: Timestamp
        /// Whether an unfinished task names it.
        package var isReferenced: Bool
        /// Whether its log and its artifacts are still here.
        package var hasOutput: Bool

        package init(num: Int64, finishedAt: Timestamp, isReferenced: Bool, hasOutput: Bool) {
            self.num = num
            self.finishedAt = finishedAt
            self.isReferenced = isReferenced
            self.hasOutput = hasOutput
        }
    }

    /// What is removed of one task.
    package enum Removal: Sendable, Hashable {
        /// Its log and its artifacts; the task and its result stay.
        case output(Int64)
        /// All of it.
        case task(Int64)
    }
}

/// One look at everything that is finished: what of it goes.
///
/// Candidates are shown to it oldest first, those with output before those without: results are small and tell what
/// happened, so they go by size only when no output is left to be removed.
package struct RetentionPass: Sendable {
    private let rules: RetentionRules
    private let now: Timestamp
    /// Bytes above what shedding goes down to.
    private var excess: Int64
    /// More is held than may be. Once begun it goes on to somewhat below the limit, so that not every task that ends
    /// brings it on again.
    package private(set) var isShedding = false

    /// - Parameter used: bytes that are held now.
    package init(rules: RetentionRules, used: Int64, now: Timestamp) {
        self.rules = rules
        self.now = now
        excess = used - Self.target(rules)
        isShedding = used > rules.size
    }

    private static func target(_ rules: RetentionRules) -> Int64 { rules.size - rules.size / 20 }

    /// The same look without regard to the size.
    package var forAgeAlone: RetentionPass {
        var pass = self
        pass.isShedding = false
        return pass
    }

    /// Something was removed, and `used` bytes are held now.
    package mutating func measured(_ used: Int64) {
        excess = used - Self.target(rules)
        if excess <= 0 { isShedding = false }
    }

    /// About so many bytes are removed; how many it really were is measured later.
    package mutating func removed(_ bytes: Int64) {
        excess -= bytes
        if excess <= 0 { isShedding = false }
    }

    /// What is removed of the candidate; nil where it stays.
    package func removal(of candidate: RetentionRules.Candidate) -> RetentionRules.Removal? {
        guard !candidate.isReferenced else { return nil }
        if isTooOld(candidate) { return .task(candidate.num) }
        guard isShedding else { return nil }
        return candidate.hasOutput ? .output(candidate.num) : .task(candidate.num)
    }

    /// Whether those that ended after the candidate need not be looked at.
    package func ends(at candidate: RetentionRules.Candidate) -> Bool { !isShedding && !isTooOld(candidate) }

    private func isTooOld(_ candidate: RetentionRules.Candidate) -> Bool { candidate.finishedAt + rules.age <= now }
}
