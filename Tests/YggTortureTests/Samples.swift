import YggCore
import YggTorture

/// A run in which nothing was wrong: a small one, to be spoiled.
enum Sample {
    static let executor = "fenrir"
    static let other = "huginn"

    /// Milliseconds since some beginning.
    static func time(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    static func operation(_ number: Int, _ kind: Household.Kind, after: Int? = nil) -> Operation {
        Operation(
            number: number,
            at: .zero,
            kind: kind.name,
            params: kind.isInLedger ? ["runsMs": 100, "lines": 2] : JSONObject(),
            after: after
        )
    }

    static func state(_ seq: Int64, _ state: String, _ epoch: Int64? = nil, on executor: String? = nil) -> EventRecord {
        var event = EventRecord(seq: seq, type: "state", state: state, epoch: epoch)
        event.executor = executor
        return event
    }

    static func line(_ seq: Int64, _ task: String, _ epoch: Int64, _ number: Int, of count: Int = 2) -> EventRecord {
        let text = SaidLine(task: task, epoch: epoch, number: number, count: count).line
        return EventRecord(seq: seq, type: "output", text: text)
    }

    static func work(
        _ task: String,
        _ epoch: Int64,
        on executor: String = executor,
        from: Int64,
        to: Int64,
        ends: Bool = true
    ) -> [LedgerEntry] {
        [(LedgerEntry.Mark.start, from), (.alive, (from + to) / 2), (ends ? .end : .alive, to)].map { mark, at in
            LedgerEntry(task: task, epoch: epoch, pid: 7, mark: mark, at: time(at), executor: executor)
        }
    }

    /// A task that was lost once, at epoch 1, and succeeded at epoch 3.
    static func moved(_ number: Int, _ kind: Household.Kind = Household.append) -> (TaskRecord, [LedgerEntry]) {
        let id = "t\(number)"
        let events = [
            state(1, "queued"), state(2, "running", 1, on: executor), line(3, id, 1, 1), state(4, "queued", 2),
            state(5, "running", 3, on: other), line(6, id, 3, 1), line(7, id, 3, 2), state(8, "succeeded", 3),
        ]
        let task = TaskRecord(
            id: id,
            title: Operation.mark(number),
            kind: kind.name,
            state: "succeeded",
            epoch: 3,
            version: 5,
            output: SaidLine(task: id, epoch: 3, number: 2, count: 2).line,
            events: events
        )
        return (task, work(id, 1, from: 100, to: 2000, ends: false) + work(id, 3, on: other, from: 3000, to: 3100))
    }

    /// One task in process, one that moved, and one that waited for it.
    static var evidence: Evidence {
        var evidence = Evidence()
        var noop = TaskRecord(
            id: "t0",
            title: Operation.mark(0),
            kind: Household.noop.name,
            state: "succeeded",
            epoch: 1,
            events: [state(1, "running", 1, on: executor), state(2, "succeeded", 1)]
        )
        noop.version = 2
        let (moved, ledger) = moved(1)
        let waited = TaskRecord(
            id: "t2",
            title: Operation.mark(2),
            kind: Household.append.name,
            state: "succeeded",
            epoch: 1,
            output: SaidLine(task: "t2", epoch: 1, number: 2, count: 2).line,
            events: [
                state(1, "blocked"), state(2, "running", 1, on: executor), line(3, "t2", 1, 1), line(4, "t2", 1, 2),
                state(5, "succeeded", 1),
            ]
        )
        evidence.tasks = [noop, moved, waited]
        evidence.ledger = ledger + work("t2", 1, from: 4000, to: 4100)
        let operations = [
            operation(0, Household.noop), operation(1, Household.append), operation(2, Household.append, after: 1),
        ]
        evidence.asked = operations.map { operation in
            var asked = Asked(operation)
            asked.answers = ["t\(operation.number)"]
            return asked
        }
        return evidence
    }

    static func findings(_ evidence: Evidence) -> [Finding] { Audit(evidence).findings() }
}
