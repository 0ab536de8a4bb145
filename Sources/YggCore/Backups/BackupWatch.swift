/// When the next backup is due, and whether a person should know how it stands with them.
///
/// What lies on the disk says when the last one was, so a restart forgets nothing, and one that a person makes into the
/// same folder counts. It compares wall-clock times, because a backup may be older than the machine's last start.
package struct BackupWatch: Sendable {
    /// How old the newest backup may get before it is a problem.
    package static let patience = Milliseconds.days(2)
    /// The wait after the first failure; it doubles with each, up to the longest.
    private static let firstRetry = Milliseconds.minutes(1)
    private static let longestRetry = Milliseconds.hours(1)
    /// A backup from further ahead than this was made by a clock that was wrong, and says nothing about its age.
    private static let tolerance = Milliseconds.minutes(5)

    /// What is found in the folder.
    package struct Sight: Sendable, Hashable {
        /// When the newest whole backup was made.
        package var newest: Timestamp?
        /// Artifacts that were missing when it was made.
        package var missing: Int
        /// Whether the folder is on the device that holds the data.
        package var isBesideData: Bool

        package init(newest: Timestamp?, missing: Int = 0, isBesideData: Bool) {
            self.newest = newest
            self.missing = missing
            self.isBesideData = isBesideData
        }
    }

    /// What `/health` says.
    package struct Verdict: Sendable, Hashable {
        package var isWarning: Bool
        /// What is wrong and what to do next.
        package var detail: String?
        /// The same for anybody: without the reason of a failure, which may name files.
        package var openDetail: String?
        package var newest: Timestamp?
    }

    /// From one backup to the next; nil where none are asked for.
    package let interval: Milliseconds?
    private let startedAt: Timestamp
    private var sight: Sight?
    private var failure: (sentence: String, at: Timestamp)?
    private var failures = 0

    package init(interval: Milliseconds?, startedAt: Timestamp) {
        self.interval = interval
        self.startedAt = startedAt
    }

    /// Somebody looked into the folder. Where a backup is there that is young enough, made by hand perhaps, what failed
    /// before does not matter any more.
    package mutating func found(_ sight: Sight, at now: Timestamp) {
        self.sight = sight
        guard let interval, let age = age(at: now), age < interval else { return }
        failure = nil
        failures = 0
    }

    /// The folder could not be looked at, or the backup not be made.
    /// - Parameter sentence: with its full stop.
    package mutating func failed(_ sentence: String, at now: Timestamp) {
        failure = (sentence, now)
        failures += 1
    }

    /// How long until a backup is due; zero when it is, nil where none are asked for.
    package func wait(at now: Timestamp) -> Milliseconds? {
        guard let interval else { return nil }
        let byAge = newest(at: now).map { $0 + interval - now } ?? .zero
        // No longer than the pause, whatever the clock does.
        let byFailure = failure.map { min(retryPause, $0.at + retryPause - now) } ?? .zero
        return max(.zero, byAge, byFailure)
    }

    private var retryPause: Milliseconds {
        min(Self.longestRetry, Self.firstRetry * (1 << Int64(min(10, max(0, failures - 1)))))
    }

    private func newest(at now: Timestamp) -> Timestamp? {
        guard let newest = sight?.newest, newest < now + Self.tolerance else { return nil }
        return newest
    }

    /// How old the newest backup is; nil where there is none.
    package func age(at now: Timestamp) -> Milliseconds? { newest(at: now).map { max(.zero, now - $0) } }

    package func verdict(at now: Timestamp) -> Verdict {
        guard interval != nil else {
            let detail =
                "No backups are made by itself: set backup.dir to a folder on another disk, or run ygg backup DIR."
            return Verdict(isWarning: false, detail: detail, openDetail: detail, newest: nil)
        }
        let detail = sentences(at: now) { $0 }
        return Verdict(
            isWarning: detail != nil,
            detail: detail,
            openDetail: sentences(at: now) { _ in "the coordinator's log says why." },
            newest: newest(at: now)
        )
    }

    /// - Parameter told: what is said of why the last try failed.
    private func sentences(at now: Timestamp, _ told: (String) -> String) -> String? {
        var sentences: [String] = []
        let newest = newest(at: now)
        if now - (newest ?? startedAt) >= Self.patience {
            sentences.append(newest.map { "There has been no backup since \($0)." } ?? "There is no backup.")
        }
        if let failure {
            sentences.append("The last try, at \(failure.at), failed: \(told(failure.sentence))")
        } else if !sentences.isEmpty {
            sentences.append("See the coordinator's log, and try: ygg backup")
        }
        if let sight, sight.isBesideData {
            sentences.append(
                "backup.dir is on the same device as the data, and would be lost with it: name a folder on another disk."
            )
        }
        if let sight, sight.missing > 0 {
            sentences.append(
                "The last backup lacks \(sight.missing) artifacts that are missing or damaged: ygg db check"
            )
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }
}
