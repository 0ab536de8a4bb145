import YggCore

/// What is going to run where, and when it is done, as far as that can be told from what is known now.
///
/// It fills the slots of each executor in the order in which the coordinator grants, and lets those of an executor's tasks
/// that ask a model go one after the other, because its gate does. What waits for a person is not counted.
struct NightPlan: Sendable {
    struct Row: Sendable, Hashable {
        var task: NightTask
        /// nil where that depends on somebody, or where nobody knows how long it takes.
        var readyAt: Timestamp?
    }

    struct Place: Sendable, Hashable {
        var executor: String
        var tasks = 0
        /// Of how many nobody knows how long they take.
        var unknown = 0
        /// When all whose time is known are done.
        var readyAt: Timestamp?
    }

    private(set) var rows: [Row] = []
    private(set) var places: [Place] = []

    var readyAt: Timestamp? { rows.compactMap(\.readyAt).max() }
    var unknown: Int { places.reduce(0) { $0 + $1.unknown } }

    /// - Parameter slots: of the executors; one that is not named has one.
    init(_ tasks: [NightTask], slots: [String: Int], now: Timestamp) {
        let order = tasks.sorted { Self.isBefore($0, $1) }
        var lines: [String: Line] = [:]
        var ready: [String: Timestamp] = [:]
        for task in order where task.isInLine {
            guard let executor = task.executor else { continue }
            var line = lines[executor] ?? Line(slots: slots[executor] ?? 1, now: now)
            let end = line.add(task, now: now)
            lines[executor] = line
            ready[task.id] = end
            count(task, end, at: executor)
        }
        for task in order {
            if case .time(let time)? = task.wait { ready[task.id] = task.estimate.map { max(time, now) + $0 } }
        }
        // A chain of those that wait for each other ends where nothing new comes to be known.
        var isNew = true
        while isNew {
            isNew = false
            for task in order where ready[task.id] == nil {
                guard case .dependencies(let ids)? = task.wait, let estimate = task.estimate else { continue }
                let ends = ids.compactMap { ready[$0] }
                guard ends.count == ids.count else { continue }
                ready[task.id] = (ends.max() ?? now) + estimate
                isNew = true
            }
        }
        rows = order.map { Row(task: $0, readyAt: ready[$0.id]) }.enumerated()
            .sorted { (Self.group($0.element), $0.offset) < (Self.group($1.element), $1.offset) }.map(\.element)
        places.sort { $0.executor < $1.executor }
    }

    private mutating func count(_ task: NightTask, _ end: Timestamp?, at executor: String) {
        let index = places.firstIndex { $0.executor == executor } ?? places.endIndex
        if index == places.endIndex { places.append(Place(executor: executor)) }
        places[index].tasks += 1
        if let end {
            places[index].readyAt = max(places[index].readyAt ?? end, end)
        } else {
            places[index].unknown += 1
        }
    }

    /// What a person can do something about comes first, then what runs, then what waits by itself.
    private static func group(_ row: Row) -> Int {
        switch row.task.wait {
        case .person, .obstacle: 0
        case .slot, nil: 1
        case .time: 2
        case .dependencies: 3
        case .missing: 4
        }
    }

    private static func isBefore(_ left: NightTask, _ right: NightTask) -> Bool {
        if (left.state == .running) != (right.state == .running) { return left.state == .running }
        if left.priority != right.priority { return left.priority < right.priority }
        let (first, second) = (left.createdAt?.milliseconds ?? 0, right.createdAt?.milliseconds ?? 0)
        return first == second ? left.id < right.id : first < second
    }

    /// The slots of one executor, each with when it is free, and its model.
    private struct Line {
        var slots: [Timestamp]
        var model: Timestamp

        init(slots count: Int, now: Timestamp) {
            slots = Array(repeating: now, count: max(1, count))
            model = now
        }

        /// One whose time is not known takes its slot for as long as nothing: what comes after it is told too early rather
        /// than not at all, and the count of the unknown says so.
        mutating func add(_ task: NightTask, now: Timestamp) -> Timestamp? {
            guard let estimate = task.estimate else { return nil }
            let slot = slots.indices.min { slots[$0] < slots[$1] } ?? 0
            var begin = max(slots[slot], now)
            var rest = estimate
            if task.state == .running, let startedAt = task.startedAt {
                rest = max(.zero, Milliseconds(estimate.rawValue - (now - startedAt).rawValue))
            }
            if task.asksModel { begin = max(begin, model) }
            let end = begin + rest
            slots[slot] = end
            if task.asksModel { model = end }
            return end
        }
    }
}

extension NightPlan {
    var json: JSONObject {
        let items = rows.map { row -> JSON in
            var item: JSONObject = [
                "task": .string(row.task.id), "kind": .string(row.task.kind), "title": .string(row.task.title),
                "state": .string(row.task.state.rawValue),
            ]
            item.append("executor", .optional(row.task.executor))
            item.append("estimateMs", .optional(row.task.estimate?.rawValue))
            item.append("readyAt", .optional(row.readyAt?.description))
            item.append(
                "waitsFor",
                row.task.wait.map { ["what": .string($0.code), "text": .string($0.text)] as JSON }
            )
            return .object(item)
        }
        let executors = places.map { place -> JSON in
            var object: JSONObject = [
                "executor": .string(place.executor), "tasks": .int(Int64(place.tasks)),
                "unknown": .int(Int64(place.unknown)),
            ]
            object.append("readyAt", .optional(place.readyAt?.description))
            return .object(object)
        }
        var object: JSONObject = ["items": .array(items), "executors": .array(executors)]
        object.append("readyAt", .optional(readyAt?.description))
        return object
    }

    func text(now: Timestamp, width: Int?, style: Style) -> String {
        guard !rows.isEmpty else {
            return "Nothing is going to run tonight. Submit something with: ygg task submit KIND\n"
        }
        let table = Table(
            [
                .init("TASK"), .init("KIND"), .init("WHERE"), .init("TAKES", alignment: .right),
                .init("READY", alignment: .right), .init("WAITS FOR", isFlexible: true),
            ],
            rows: rows.map { row in
                let state = row.task.state == .running ? "runs now" : "its turn"
                return [
                    .init(row.task.id), .init(row.task.kind), .init(row.task.executor ?? ""),
                    .init(
                        row.task.estimate.map { "~" + SpanText.coarse($0) } ?? "unknown",
                        row.task.estimate == nil ? .dim : nil
                    ),
                    .init(row.readyAt.map { ClockText.short($0, now: now) } ?? ""),
                    .init(row.task.wait?.text ?? state, Self.group(row) == 0 ? .yellow : .dim),
                ]
            }
        )
        return table.rendered(width: width, style: style) + footer(now: now)
    }

    private func footer(now: Timestamp) -> String {
        var text = "\n"
        for place in places {
            let ready = place.readyAt.map { ", ready by \(ClockText.short($0, now: now))" } ?? ""
            let unknown = place.unknown > 0 ? ", \(place.unknown) of unknown length" : ""
            text += "\(place.executor): \(counted(place.tasks, "task", "tasks"))\(ready)\(unknown)\n"
        }
        let persons = rows.count { $0.task.wait == .person }
        if persons > 0 { text += "\(counted(persons, "task waits", "tasks wait")) for you: ygg review\n" }
        return text
    }
}
