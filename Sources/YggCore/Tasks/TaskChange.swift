/// Everything that can happen to a task after its submission.
package enum TaskChange: Sendable, Hashable {
    /// A task that this one waits for ended.
    case dependencyEnded(TaskID, succeeded: Bool)
    /// `notBefore` has come.
    case due
    /// Nobody took it within the queue timeout.
    case waitedTooLong
    /// A person or program wants it ended. A running task is asked; any other ends at once.
    case cancel
    /// The executor had its time to end a cancelled attempt.
    case cancelDeadlinePassed
    /// An executor got the lease.
    case granted(to: ExecutorID)
    /// The executor's last word, for the epoch it was granted.
    case reported(FinalReport, epoch: Int64)
    /// The executor's last word is a question to a person, of this digest.
    case asked(digest: String, result: JSONObject, epoch: Int64)
    /// The lease ended without a word from the executor.
    case lost(Interruption)
    /// A person gives the attempt up, of whose executor nothing is heard.
    case requeued
    /// A person approved what was pending.
    case approved(ApprovedNext)
    /// A person sent it back with a comment for the next attempt.
    case sentBack
    /// A person wants it ended, and may have said why.
    case rejected(comment: String?)
    /// Nobody decided in time.
    case approvalExpired
    /// The last child of an approved plan ended; `failed` names the first that did not succeed.
    case childrenEnded(failed: TaskID?)
}

/// What follows an approval.
package enum ApprovedNext: Sendable, Hashable {
    /// The plan is carried out.
    case run
    /// The result is published, and until then no other one at the same place.
    case land(at: String)
    /// The plan's children are created and waited for.
    case children(Int)
    /// Nothing is left to do.
    case nothing
}

/// A change that the state does not allow.
package enum TransitionError: Error, Hashable, CustomStringConvertible {
    case notAllowed(change: String, from: TaskState)
    /// The sender's right to speak for the task ended with an earlier epoch.
    case staleEpoch(sent: Int64, current: Int64)

    package var description: String {
        switch self {
        case .notAllowed(let change, let state): "a task that is \(state.rawValue) cannot be \(change)"
        case .staleEpoch(let sent, let current): "epoch \(sent) has ended, the task is at epoch \(current)"
        }
    }
}
