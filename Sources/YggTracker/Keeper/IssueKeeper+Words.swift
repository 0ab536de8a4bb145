package import YggCore

/// What is said to a keeper, what it says, and what it knows by heart.
extension IssueKeeper {
    package struct Settings: Sendable, Hashable {
        /// Under which name issues are claimed. No two coordinators have the same.
        package var actor: String
        package var rules = IssueRules()
        package var words = IssueWords()
        /// From one look for new issues to the next.
        package var interval = Milliseconds.seconds(30)
        /// How many claimed issues may wait for an executor. The others stay everybody's.
        package var ahead = 8
        /// From a claim until it is looked at again, at least: two that were made at once have both been written by then.
        package var settle = Milliseconds(500)
        /// From one renewal of a claim to the next, where claims end by themselves.
        package var renewal = Milliseconds.minutes(5)
        package var onFailure = FailurePolicy.park

        package init(actor: String) { self.actor = actor }
    }

    /// What becomes of an issue whose task did not succeed.
    package enum FailurePolicy: String, Sendable, Hashable, CaseIterable {
        /// Blocked, until a person looks at it.
        case park
        /// Open and nobody's, and left alone until somebody changes it.
        case release
    }

    package enum Input: Sendable {
        case time
        /// Somebody changed something, or wants to know.
        case wake
        /// Something was changed while a call of ours was open: by that, or by somebody.
        case stir
        /// The kinds of the fleet.
        case kinds(Set<TaskKind>)
        case answered(TrackerCall, Result<TrackerAnswer, TrackerFailure>)
        case task(TaskNews)
        /// A lease's task is not there any more.
        case taskGone(TaskID)
        /// Whether the task of an issue would be taken, and which id it is to have.
        case checked(IssueID, Fitness, TaskID)
        case submitted(IssueID, Fitness)
        case cancelled(IssueID, isDone: Bool)
    }

    /// What the coordinator says of a task.
    package enum Fitness: Sendable, Hashable {
        case accepted
        case notNow(String)
        case never(String)
    }

    /// To be carried out in their order; where a lease cannot be saved, what follows is not done.
    package enum Effect: Sendable, Hashable {
        case save(IssueLease)
        case forget(IssueID)
        case call(TrackerCall)
        /// Answered by `checked`.
        case check(TrackedIssue, IssueRules.Match)
        /// Answered by `submitted`; sent again, it is the same task.
        case submit(TrackedIssue, IssueRules.Match, TaskID, dependsOn: [TaskID])
        /// Answered by `cancelled`.
        case cancel(IssueID, TaskID, reason: String)
        /// From now on `task` tells how it fares.
        case watch(TaskID)
        /// For the log.
        case note(String, issue: IssueID?, detail: String)
    }

    /// An issue that a rule names and that is not claimed yet.
    struct Waiting: Sendable {
        var issue: TrackedIssue
        var match: IssueRules.Match
        var dependsOn: [TaskID] = []
        /// Those of one scope ask for the same: where one cannot be had now, none can. nil where an issue says more than that.
        var scope: String?
        /// Why it is not claimed now.
        var reason: String?
    }

    /// What is known of a lease besides what is stored.
    struct Live: Sendable {
        var glance: TaskNews?
        /// The claim is still to be proved, by a question that is asked when it has settled.
        var toProve = false
        /// When the claim had been made, at the latest.
        var claimedAt: Instant
        /// The issue is to be read by itself.
        var toLook = false
        /// It is nobody's, and to be claimed again.
        var toReclaim = false
        /// It was read since the task ended, and is ours.
        var isRead = false
        /// How often in succession it was not there when it was read.
        var missing = 0
        /// What kept it from being ready when it was read.
        var blockers: [IssueID] = []
        /// A comment may have been written that is not among `said`.
        var isInDoubt = true
        /// What the comment that is being written says, by name.
        var saying: Set<String> = []
        var tries = 0
        /// How often the tracker refused the comment that is to be written.
        var refusals = 0
        var notBefore: Instant
        /// When the claim was renewed last, or that was tried.
        var renewedAt: Instant
        var canRenew = true
        /// What came of the last try to change it, where that was nothing.
        var problem: String?
        /// Why there will be no task.
        var refusal: String?
        /// Why it cannot be closed.
        var closeRefusal: String?
        /// The task is being cancelled, because of the issue as it is now.
        var mootSince: Timestamp?
        var isMoot = false
        /// It is given up before it became work: no trace is to be left, and no task.
        var isGivenUp = false

        init(now: Instant) {
            claimedAt = now
            notBefore = now
            renewedAt = now
        }
    }
}
