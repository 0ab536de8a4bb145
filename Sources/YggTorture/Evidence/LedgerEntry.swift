package import YggCore

/// One line that a piece of work wrote down itself, with one `write` to a file that is only appended to: what was really
/// done, whatever the fleet believes.
package struct LedgerEntry: Sendable, Hashable {
    package enum Mark: String, Sendable, Hashable {
        /// Its first instruction.
        case start
        /// It is still there: several times a second.
        case alive
        /// It came to its end.
        case end
    }

    package var task: String
    package var epoch: Int64
    package var pid: Int32
    package var mark: Mark
    /// On the monotonic clock that all processes of a machine share.
    package var at: Instant
    /// On whose machine; the name of the file says so, not the line.
    package var executor: String

    package init(task: String, epoch: Int64, pid: Int32, mark: Mark, at: Instant, executor: String = "") {
        self.task = task
        self.epoch = epoch
        self.pid = pid
        self.mark = mark
        self.at = at
        self.executor = executor
    }

    /// The line, with its end.
    package var line: String { "\(task) \(epoch) \(pid) \(mark.rawValue) \(at.nanoseconds)\n" }

    /// nil for what no work of ours wrote.
    package init?(line: some StringProtocol, executor: String) {
        let words = line.split(separator: " ")
        guard words.count == 5, let epoch = Int64(words[1]), let pid = Int32(words[2]),
            let mark = Mark(rawValue: String(words[3])), let time = Int64(words[4])
        else { return nil }
        self.init(
            task: String(words[0]),
            epoch: epoch,
            pid: pid,
            mark: mark,
            at: Instant(nanoseconds: time),
            executor: executor
        )
    }
}
