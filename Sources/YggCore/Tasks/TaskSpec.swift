/// What was asked for: the part of a task that never changes after its submission.
///
/// A class, because it is large, immutable and shared by every state that the task passes through.
package final class TaskSpec: Sendable {
    package let id: TaskID
    package let kind: TaskKind
    package let title: String
    package let description: String?
    package let params: JSONObject
    package let labels: [String]
    package let priority: Priority
    package let source: TaskSource
    package let submittedBy: String
    package let createdAt: Timestamp
    package let notBefore: Timestamp?
    package let timeouts: Timeouts
    package let retry: RetryPolicy
    package let onLost: OnLost
    package let dependsOn: [TaskID]
    package let onDependencyFailure: OnDependencyFailure
    package let parent: TaskID?
    package let retryOf: TaskID?
    package let continues: TaskID?
    package let dedupeKey: String?
    /// The sha256 of the submission, where its client chose the id: tells the same request from another one, also when
    /// the kind's defaults have changed in between.
    package let fingerprint: String?
    /// What a person must see of it.
    package let tier: [Tier]
    /// What of its handler's tier an operator skipped.
    package let skippedTier: [Tier]

    /// Whether it begins with a plan that a person must see.
    package var needsPlan: Bool { tier.contains(.plan) }

    package init(
        id: TaskID,
        kind: TaskKind,
        title: String,
        description: String? = nil,
        params: JSONObject = JSONObject(),
        labels: [String] = [],
        priority: Priority = .normal,
        source: TaskSource = .http,
        submittedBy: String = "local",
        createdAt: Timestamp,
        notBefore: Timestamp? = nil,
        timeouts: Timeouts = Timeouts(),
        retry: RetryPolicy = RetryPolicy(),
        onLost: OnLost = .requeue,
        dependsOn: [TaskID] = [],
        onDependencyFailure: OnDependencyFailure = .fail,
        parent: TaskID? = nil,
        retryOf: TaskID? = nil,
        continues: TaskID? = nil,
        dedupeKey: String? = nil,
        fingerprint: String? = nil,
        tier: [Tier] = [],
        skippedTier: [Tier] = []
    ) {
        self.id = id
        self.kind = kind
        self.title = title
        self.description = description
        self.params = params
        self.labels = labels
        self.priority = priority
        self.source = source
        self.submittedBy = submittedBy
        self.createdAt = createdAt
        self.notBefore = notBefore
        self.timeouts = timeouts
        self.retry = retry
        self.onLost = onLost
        self.dependsOn = dependsOn
        self.onDependencyFailure = onDependencyFailure
        self.parent = parent
        self.retryOf = retryOf
        self.continues = continues
        self.dedupeKey = dedupeKey
        self.fingerprint = fingerprint
        self.tier = tier
        self.skippedTier = skippedTier
    }
}
