/// Whether an executor hears what it is told, judged by what its own requests say it has applied.
///
/// A link can carry every request and lose every answer. An executor behind it asks as always and is deaf: it starts
/// nothing that it is granted, and ends its work by the time to live. To go on counting it as heard would keep that
/// work from everybody else.
struct Hearing: Sendable {
    private(set) var isDeaf = false
    /// Its last request was the first that it made without having applied the statement before.
    private(set) var hasJustMissed = false
    /// The first statement that it has not said to have applied.
    private var untaken: Int64?
    /// Since when it asks without having applied it.
    private var since: Instant?

    /// A statement was made for it.
    mutating func told(_ rev: Int64) {
        if untaken == nil { untaken = rev }
    }

    /// It has asked again. One answer may be lost, and one may still be on its way: neither makes it deaf.
    /// - Parameter seen: the newest statement that it has applied.
    mutating func asked(seen: Int64, now: Instant, patience: Milliseconds) {
        guard let untaken, seen < untaken else {
            self = Hearing()
            return
        }
        hasJustMissed = self.since == nil
        let since = since ?? now
        self.since = since
        isDeaf = now - since >= patience
    }

    /// Time in which the coordinator itself did not serve does not count.
    mutating func forgive(_ gap: Milliseconds) {
        if let since { self.since = since + gap }
    }
}
