import YggCore

/// What one check found.
struct DoctorFinding: Sendable, Hashable {
    enum Status: String, Sendable {
        case pass, warn, fail
        /// It does not apply here, or could not be looked at: nothing is said to be well.
        case skip
    }

    var status: Status
    var detail: String
    /// What to do about it; of whatever is not well.
    var next: String?
    /// The kind that was tried to find it out, and the task that tried it.
    var kind: String?
    var task: String?

    static func pass(_ detail: String) -> Self { .init(status: .pass, detail: detail) }
    static func warn(_ detail: String, next: String) -> Self { .init(status: .warn, detail: detail, next: next) }
    static func fail(_ detail: String, next: String) -> Self { .init(status: .fail, detail: detail, next: next) }
    static func skip(_ detail: String, next: String? = nil) -> Self {
        .init(status: .skip, detail: detail, next: next)
    }

    /// The same, found out by a task.
    func by(_ kind: String, _ task: String? = nil) -> Self {
        var finding = self
        finding.kind = kind
        finding.task = task
        return finding
    }

    func json(name: String) -> JSONObject {
        var object: JSONObject = [
            "name": .string(name), "status": .string(status.rawValue), "detail": .string(detail),
        ]
        object.append("next", .optional(next))
        object.append("kind", .optional(kind))
        object.append("task", .optional(task))
        return object
    }
}

/// A finding for people: one line, and what to do below it.
enum DoctorText {
    /// Wide enough for the names of all checks, so that each can be shown as soon as it is made.
    private static let nameWidth = 15

    static func line(_ name: String, _ finding: DoctorFinding, style: Style) -> String {
        let space = String(repeating: " ", count: max(2, nameWidth - DisplayText.width(name)))
        let line = "\(style(emphasis(finding.status), finding.status.rawValue))  \(name)\(space)"
        let next = finding.next.map { "      \(style(.dim, "→ " + DisplayText.oneLine($0)))\n" } ?? ""
        return "\(line)\(DisplayText.oneLine(finding.detail))\n\(next)"
    }

    private static func emphasis(_ status: DoctorFinding.Status) -> Style.Emphasis {
        switch status {
        case .pass: .green
        case .warn: .yellow
        case .fail: .red
        case .skip: .dim
        }
    }
}
