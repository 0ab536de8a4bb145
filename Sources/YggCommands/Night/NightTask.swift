import YggClient
import YggCore

/// A task that is not done yet, and what stands between it and its end.
struct NightTask: Sendable, Hashable {
    enum Wait: Sendable, Hashable {
        case person
        /// For a person who has in use what its landing would change.
        case obstacle(String)
        case dependencies([String])
        case time(Timestamp)
        /// For others to leave its executor.
        case slot
        /// For a machine that sleeps, a model that does not answer, or whatever else is missing.
        case missing(String)

        var code: String {
            switch self {
            case .person: "person"
            case .obstacle: "obstacle"
            case .dependencies: "dependency"
            case .time: "time"
            case .slot: "slot"
            case .missing: "executor"
            }
        }

        var text: String {
            switch self {
            case .person: "you: ygg review"
            case .obstacle(let text): text
            case .dependencies(let ids): "after \(ids.joined(separator: ", "))"
            case .time(let time): "its time, \(ClockText.short(time))"
            case .slot: "a slot"
            case .missing(let text): text
            }
        }
    }

    var id: String
    var kind: String
    var title: String = ""
    var state: TaskState
    /// Where it runs, or is going to as things are.
    var executor: String?
    var startedAt: Timestamp?
    var priority: Int64 = 2
    var createdAt: Timestamp?
    var wait: Wait?
    /// How long tasks of the kind take; nil where none has ended yet.
    var estimate: Milliseconds?

    /// Whether it runs, or does as soon as its executor has room.
    var isInLine: Bool { wait == nil || wait == .slot }

    /// Whether it stands in line for a model: the tasks of an executor that do are done one after the other.
    var asksModel: Bool { kind.hasPrefix("code-") || kind.hasPrefix("llm-") }

    /// - Parameters:
    ///   - why: what the coordinator says of a queued one.
    ///   - unfinished: the ids of those that are not done.
    init(_ task: TaskView, why: JSONObject?, unfinished: Set<String>, estimate: Milliseconds?) {
        id = task.id
        kind = task.kind
        title = task.title
        state = task.state ?? .queued
        executor = task.executor
        startedAt = task.startedAt
        priority = task.priority
        createdAt = task.createdAt
        self.estimate = estimate
        switch state {
        case .awaitingApproval: wait = .person
        case .blocked: wait = .dependencies(task.dependsOn.filter(unfinished.contains))
        case .scheduled: wait = Self.obstacle(task) ?? task.notBefore.map(Wait.time)
        case .queued: (executor, wait) = Self.place(why ?? JSONObject())
        case .running, .succeeded, .failed, .cancelled: break
        }
    }

    init(id: String, kind: String, state: TaskState, executor: String? = nil) {
        self.id = id
        self.kind = kind
        self.state = state
        self.executor = executor
    }

    /// What a landing finds in its way, as `ygg why` says it, without what to do about it.
    private static func obstacle(_ task: TaskView) -> Wait? {
        guard task.errorCode == "target-in-use", let detail = task.errorDetail else { return nil }
        return .obstacle(detail.firstRange(of: ". ").map { String(detail[..<$0.lowerBound]) } ?? detail)
    }

    /// Where a queued task is going to run, or what is missing. Of several executors that lack something the one that
    /// lacks least is told about.
    static func place(_ why: JSONObject) -> (executor: String?, wait: Wait?) {
        if let first = why["candidates"]?.arrayValue?.first?.stringValue { return (first, nil) }
        func lacks(_ executor: JSON) -> [JSON] { executor["unmet"]?.arrayValue ?? [] }
        let closest = (why["executors"]?.arrayValue ?? []).min { lacks($0).count < lacks($1).count }
        guard let closest, let name = closest["executor"]?.stringValue else {
            return (nil, .missing(why["summary"]?.stringValue ?? "an executor"))
        }
        if lacks(closest).allSatisfy({ $0["code"] == "slots" }) { return (name, .slot) }
        let reasons = lacks(closest).compactMap { $0["text"]?.stringValue }
        return (nil, .missing("\(name): \(reasons.joined(separator: "; "))"))
    }
}

/// Times of the day as the clock on the wall shows them.
enum ClockText {
    static func short(_ time: Timestamp, now: Timestamp? = nil) -> String {
        let parts = LocalTime(time)
        guard let now, (time - now) < .hours(20) else { return "\(parts.month)-\(parts.day) \(parts.clock)" }
        return parts.clock
    }
}
