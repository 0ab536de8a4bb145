package import YggCore

/// A task as far as its issue is told of it.
package struct TaskNews: Sendable, Hashable {
    package var task: TaskID
    package var state: TaskState
    package var executor: String?
    /// It did what was asked, and something or somebody has checked that.
    package var succeeded = false
    /// What a person is asked now.
    package var question: Question?
    package var result: JSONObject?
    package var error: TaskError?
    /// Who ended it, and with which words, where somebody did.
    package var decision: String?

    package struct Question: Sendable, Hashable {
        /// Of the attempt that asks; tells one question from the next.
        package var epoch: Int64
        /// What is shown: a plan, a diff…
        package var subject: String
        package var summary: String

        package init(epoch: Int64, subject: String, summary: String) {
            self.epoch = epoch
            self.subject = subject
            self.summary = summary
        }
    }

    package init(task: TaskID, state: TaskState) {
        self.task = task
        self.state = state
    }
}
