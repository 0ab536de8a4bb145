package import YggCore
import YggExecutor

/// One thread, one clock, and everything that is to happen on it.
///
/// `@unchecked Sendable`: the closures that the shells are handed must be sendable, and all of them, like everything else
/// here, run on the thread that calls `run`. Nothing of a world is ever touched by another one.
final class World: @unchecked Sendable {
    let scenario: Scenario
    private(set) var now = Instant(nanoseconds: 0)
    private(set) var story = Story()
    /// The first rule that was broken: it ends the history.
    private(set) var violation: Violation?
    private var agenda = TimerQueue()
    private var processes: [SimulatedProcess] = []

    init(_ scenario: Scenario) { self.scenario = scenario }

    // MARK: What happens

    func add(_ process: SimulatedProcess) { processes.append(process) }

    func remove(_ process: SimulatedProcess) { processes.removeAll { $0 === process } }

    func at(_ time: Instant, _ body: @escaping @Sendable () -> Void) { _ = agenda.add(at: time, body) }

    func at(_ time: Milliseconds, _ body: @escaping @Sendable () -> Void) { at(Instant(nanoseconds: 0) + time, body) }

    func after(_ delay: Milliseconds, _ body: @escaping @Sendable () -> Void) { at(now + delay, body) }

    /// Lets time pass until `isOver`, a rule is broken, or nothing can happen any more before `limit`.
    func run(until limit: Milliseconds, _ isOver: () -> Bool) {
        let limit = Instant(nanoseconds: 0) + limit
        while violation == nil {
            settle()
            if violation != nil || isOver() { return }
            let deadlines = processes.compactMap(\.nextDeadline) + [agenda.next].compactMap(\.self)
            guard let next = deadlines.min(), next <= limit else { return }
            now = max(now, next)
            for body in agenda.due(at: now) { body() }
        }
    }

    /// Does all that is ready at this moment.
    private func settle() {
        var isBusy = true
        while isBusy, violation == nil {
            isBusy = false
            for process in processes where process.step() { isBusy = true }
        }
    }

    /// Ends every process, so that nothing of this world is left.
    func end() {
        for process in processes { process.kill() }
        processes = []
        agenda = TimerQueue()
    }

    // MARK: What is told

    func note(_ who: String, _ what: @autoclosure () -> String) {
        guard violation == nil else { return }
        story.add(.init(time: now, who: who, what: what()))
    }

    /// Something too small to be told, but part of the history.
    func mark(_ number: Int64) { story.mark(now, number) }

    func fail(_ rule: Rule, _ detail: String) {
        guard violation == nil else { return }
        note("rule", "\(rule.rawValue): \(detail)")
        violation = Violation(rule: rule, detail: detail, at: now)
    }
}

/// What must hold in every history.
package enum Rule: String, Sendable, CaseIterable {
    case acknowledgedIsKept = "no acknowledged task is lost"
    case endsOnce = "no task is completed twice, and what has ended never changes"
    case staleIsRefused = "no stale result is accepted"
    case nothingGoesBack = "epochs, versions and numbers never go back"
    case leaseHasOwner = "no lease is without an owner, no owner in good contact loses its lease"
    case slotsAreCountedOnce = "no slot is counted twice"
    case runsInOnePlace = "no task of an offline: stop route runs in two places at once"
    case failuresAreCounted = "only failed tries are counted"
    case logIsWhole = "every line is in the log once and in order, or declared missing"
    case acknowledgedIsForgotten = "what was acknowledged is not said again"
    case statementsGoForward = "an older statement changes nothing"
    case landsApproved = "nothing lands without the approval of exactly that digest"
    case landsOnce = "nothing lands twice"
    case decidedOnce = "a decision is one person's about what they were shown, and stands"
    case everyRunEnds = "every run ends"
}

/// A rule that was broken.
package struct Violation: Sendable, CustomStringConvertible {
    package var rule: Rule
    package var detail: String
    package var at: Instant

    package var description: String { "\(rule.rawValue): \(detail)" }
}
