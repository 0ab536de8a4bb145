import YggClient
import YggCore

/// What became of a landing.
enum LandingOutcome: Sendable, Hashable {
    /// - Parameter place: in words, such as `main as 4014a72b8f10`.
    case landed(onNewerBase: Bool, place: String, notPushed: String?)
    /// It needs the person again: the target has moved, and the change is another one there.
    case asksAgain(ReviewItem)
    case failed(String)

    /// - Parameter question: what the task asks now, where it does.
    init(_ task: TaskView, asking question: ReviewItem?) {
        switch task.state {
        case .succeeded:
            let branch = task.result?["branch"]?.stringValue ?? ""
            let commit = task.result?["commit"]?.stringValue.map { " as \($0.prefix(12))" } ?? ""
            self = .landed(
                onNewerBase: task.result?["newerBase"]?.boolValue ?? false,
                place: branch + commit,
                notPushed: task.result?["pushError"]?.stringValue
            )
        case .awaitingApproval:
            self = question.map(LandingOutcome.asksAgain) ?? .failed("It waits for a person: ygg task diff \(task.id)")
        default: self = .failed(task.errorDetail ?? "It is \(task.stateText).")
        }
    }
}

/// What a review came to, counted.
struct ReviewTally: Sendable, Hashable {
    var landed = 0
    var landedOnNewerBase = 0
    /// Approved, and carried out now: that can take hours, and nobody waits for it here.
    var running = 0
    /// Approved, and nothing is left to do.
    var accepted = 0
    var sentBack = 0
    var rejected = 0
    var decidedByOthers = 0
    var notPushed = 0
    var failed = 0
    var needsPerson = 0

    mutating func count(_ outcome: LandingOutcome) {
        switch outcome {
        case .landed(let isNewer, _, let notPushed):
            if isNewer { landedOnNewerBase += 1 } else { landed += 1 }
            if notPushed != nil { self.notPushed += 1 }
        case .asksAgain: needsPerson += 1
        case .failed: failed += 1
        }
    }

    /// Such as `4 landed, 1 landed on a newer base, 1 needs you`.
    var line: String {
        let parts = [
            (landed, "landed"), (landedOnNewerBase, "landed on a newer base"), (running, "approved and queued to run"),
            (accepted, "accepted"), (sentBack, "sent back"), (rejected, "rejected"),
            (decidedByOthers, "decided by somebody else"), (notPushed, "not pushed"), (failed, "did not land"),
            (needsPerson, needsPerson == 1 ? "needs you" : "need you"),
        ]
        let said = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return said.isEmpty ? "Nothing was decided" : said.joined(separator: ", ")
    }

    /// A landing that failed weighs more than a question that is still open.
    var status: ExitStatus {
        if failed > 0 || notPushed > 0 { return .failed }
        return needsPerson > 0 ? .awaitingApproval : .succeeded
    }
}
