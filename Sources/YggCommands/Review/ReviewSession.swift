import YggCore

/// A review from its first question to its last landing, as a value: what the person typed and what the fleet answered
/// go in, what is to be shown and awaited next comes out. It reads no terminal and calls nobody.
struct ReviewSession: Sendable {
    enum Input: Sendable, Hashable {
        /// A key, or a line that begins with one.
        case typed(String)
        case endOfInput
        case decided(ApprovalDecision.Verdict)
        /// The task asks something else by now.
        case stale(ReviewItem)
        /// The question is gone: somebody else was faster, or it expired.
        case gone(String)
        /// What it is about could not be fetched, for this reason.
        case unshown(String)
        case landing(task: String, LandingOutcome)
    }

    enum Effect: Sendable, Hashable {
        /// - Parameter left: how many come after it.
        case show(ReviewItem, left: Int)
        /// The next page of its diff, or the first again.
        case page(ReviewItem)
        case help
        case say(String)
        /// Its landing is to be watched.
        case watch(ReviewItem)
    }

    /// What the review goes on with.
    enum Wants: Sendable, Hashable {
        case key
        /// A line for whoever did the work.
        case note
        /// The same key again, because nothing brings back what is rejected.
        case confirmation
        case answer(ApprovalAnswer, ReviewItem, comment: String?)
        /// The next of the landings that are under way.
        case landing
        case nothing
    }

    private(set) var wants = Wants.nothing
    private(set) var tally = ReviewTally()
    private var queue: [ReviewItem]
    private var current: ReviewItem?
    private var landing: Set<String> = []
    private var hasInput = true
    private let confirmsRejection: Bool

    /// - Parameter confirmsRejection: where a key alone decides; a line that somebody wrote is meant.
    init(_ items: [ReviewItem], confirmsRejection: Bool) {
        queue = items
        self.confirmsRejection = confirmsRejection
    }

    /// How many landings are under way.
    var underWay: Int { landing.count }

    mutating func begin() -> [Effect] { advance() }

    mutating func handle(_ input: Input) -> [Effect] {
        switch input {
        case .typed(let text): typed(text)
        case .endOfInput: leave()
        case .decided(let verdict): decided(verdict)
        case .stale(let item): stale(item)
        case .gone(let reason): gone(reason)
        case .unshown(let reason): unshown(reason)
        case .landing(let task, let outcome): landed(task, outcome)
        }
    }

    // MARK: - The person

    private mutating func typed(_ text: String) -> [Effect] {
        guard let item = current else { return [] }
        switch wants {
        case .note: return note(text, item)
        case .confirmation:
            wants = .key
            guard text == "r" else { return [.say("It stays as it is.")] }
            wants = .answer(.reject, item, comment: nil)
            return []
        case .key: return key(text, item)
        case .answer, .landing, .nothing: return []
        }
    }

    private mutating func key(_ text: String, _ item: ReviewItem) -> [Effect] {
        // A line of a script: `s` with its note behind it. Any other key stands alone, so that a word is no key.
        if text.hasPrefix("s "), item.isRevisable { return note(String(text.dropFirst(2)), item) }
        switch text {
        case "a":
            wants = .answer(.approve, item, comment: nil)
            return []
        case "s":
            guard item.isRevisable else {
                return [.say("A command is what somebody declared: approve it, or reject it with r.")]
            }
            wants = .note
            return []
        case "r":
            if confirmsRejection {
                wants = .confirmation
                return [
                    .say("To reject is to cancel the task for good. Press r again to do so, any other key to keep it.")
                ]
            }
            wants = .answer(.reject, item, comment: nil)
            return []
        case "l":
            tally.needsPerson += 1
            return advance()
        case "d", " ": return [.page(item)]
        case "q": return leave()
        case "?", "h": return [.help]
        case "": return []
        default: return [.say("That is no key here."), .help]
        }
    }

    private mutating func note(_ text: String, _ item: ReviewItem) -> [Effect] {
        let words = String(text.drop { $0.isWhitespace })
        guard !words.isEmpty else {
            wants = .key
            return [.say("Without a note nothing is sent back.")]
        }
        wants = .answer(.reject, item, comment: words)
        return []
    }

    private mutating func leave() -> [Effect] {
        hasInput = false
        if let current { queue.insert(current, at: 0) }
        return advance()
    }

    // MARK: - The fleet

    private mutating func decided(_ verdict: ApprovalDecision.Verdict) -> [Effect] {
        guard let item = current else { return [] }
        var effects: [Effect] = []
        switch (verdict, item.next) {
        case (.approved, .land?):
            landing.insert(item.task)
            effects = [.say("Approved, it lands."), .watch(item)]
        case (.approved, .run?), (.approved, nil):
            tally.running += 1
            effects = [.say("Approved, it is queued.")]
        case (.approved, .succeed?):
            tally.accepted += 1
            effects = [.say("Approved, it counts.")]
        case (.sentBack, _):
            tally.sentBack += 1
            effects = [.say("Sent back.")]
        case (.rejected, _), (.cancelled, _), (.expired, _):
            tally.rejected += 1
            effects = [.say("Rejected.")]
        }
        return effects + advance()
    }

    private mutating func stale(_ item: ReviewItem) -> [Effect] {
        current = item
        wants = .key
        return [.say("It has changed meanwhile. This is what it asks now:"), .show(item, left: queue.count)]
    }

    private mutating func gone(_ reason: String) -> [Effect] {
        tally.decidedByOthers += 1
        return [.say(reason)] + advance()
    }

    /// Nobody decides about what they have not seen; the next one may be had all the same.
    private mutating func unshown(_ reason: String) -> [Effect] {
        guard let item = current else { return [] }
        tally.needsPerson += 1
        return [.say("\(item.task) cannot be shown, and stays open: \(reason)")] + advance()
    }

    private mutating func landed(_ task: String, _ outcome: LandingOutcome) -> [Effect] {
        landing.remove(task)
        var effects: [Effect]
        switch outcome {
        case .landed(let isNewer, let place, let notPushed):
            tally.count(outcome)
            effects = [.say("\(task) landed on \(place)\(isNewer ? ", a newer base than it was made on" : "")")]
            if let notPushed { effects.append(.say("\(task): \(notPushed)")) }
        case .failed(let reason):
            tally.count(outcome)
            effects = [.say("\(task) did not land: \(reason)")]
        case .asksAgain(let item):
            effects = [.say("\(task) needs you again: what was approved is not what would land now.")]
            queue.append(item)
        }
        return current == nil ? effects + advance() : effects
    }

    /// The next question while there is somebody to answer; then the landings.
    private mutating func advance() -> [Effect] {
        current = nil
        if hasInput, !queue.isEmpty {
            let item = queue.removeFirst()
            current = item
            wants = .key
            return [.show(item, left: queue.count)]
        }
        tally.needsPerson += queue.count
        queue = []
        wants = landing.isEmpty ? .nothing : .landing
        return []
    }
}
