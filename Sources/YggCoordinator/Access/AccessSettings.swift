package import YggCore

/// How a coordinator knows who asks, and how much it lets them ask.
package struct AccessSettings: Sendable {
    /// The token that the household shares; nil where it has none.
    package var sharedToken: String?
    /// Requests of one token in a second, over time; several times as many at once. 0 is no limit.
    package var requestsPerSecond = 1000
    /// How long the audit is kept.
    package var auditAge = Milliseconds.days(365)
    /// How long an executor's key is good for; it is renewed when a third of that is left.
    package var keyLife = Milliseconds.days(90)
    /// How long a machine has to use its invitation, unless the operator says otherwise.
    package var invitationLife = Milliseconds.hours(1)

    package init() {}
}
