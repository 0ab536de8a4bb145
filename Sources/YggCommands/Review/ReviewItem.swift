import YggClient
import YggCore

/// One question to the person who reviews, with what they need to know to answer it.
struct ReviewItem: Sendable, Hashable {
    /// As the coordinator shows it.
    let approval: JSONObject
    /// What somebody wanted, in their words.
    let asked: String
    /// How many tasks wait for the end of this one.
    let waiting: Int

    /// - Parameter unfinished: the tasks that may wait for this one.
    init(_ approval: JSONObject, task: TaskView?, unfinished: [TaskView] = []) {
        self.approval = approval
        let params = task?.params ?? JSONObject()
        let words = ["instruction", "spec", "description"].map { params[$0]?.stringValue }
        let all = words + [task?.json["description"]?.stringValue, task?.title, approval["title"]?.stringValue]
        asked = all.compactMap(\.self).first { $0.contains { !$0.isWhitespace } } ?? ""
        let id = approval["task"]?.stringValue ?? ""
        waiting = unfinished.count { $0.dependsOn.contains(id) }
    }

    var task: String { text("task") }
    var kind: String { text("kind") }
    var digest: String { text("digest") }
    /// What approving brings about; one that this program does not know is nothing that lands.
    var next: ApprovalQuestion.Next? { ApprovalQuestion.Next(rawValue: text("next")) }
    var isRevisable: Bool { ApprovalSubject(rawValue: text("subject"))?.isRevisable ?? false }
    var requestedAt: Timestamp? { approval["requestedAt"]?.stringValue.flatMap(Timestamp.init(parsing:)) }

    /// The sentence that says that nothing has checked the work.
    var unverified: String? { summaryLines.first { $0.hasPrefix(Self.unverifiedMark) } }

    /// The summary in two or three lines, without what the item shows by itself. Of many, the last is kept: there the
    /// one who did the work speaks.
    var summary: [String] {
        let room = unverified == nil ? 3 : 2
        let lines = summaryLines.filter {
            !$0.hasPrefix(Self.unverifiedMark) && !(isVerified && $0.hasPrefix("Verified by"))
        }
        return lines.count <= room ? lines : lines.prefix(room - 1) + lines.suffix(1)
    }

    /// The commands that checked the work, each with the status it ended with.
    var checks: [(command: String, exitCode: Int64)] {
        (approval["verified"]?.arrayValue ?? []).map { check in
            (ApprovalText.words(check["argv"]?.arrayValue ?? []), check["exitCode"]?.intValue ?? -1)
        }
    }

    /// The approval, with what was found out beside it.
    var json: JSONObject {
        var object = approval
        object["asked"] = .string(asked)
        object["waitingForIt"] = .int(Int64(waiting))
        return object
    }

    private static let unverifiedMark = "Unverified:"
    private var isVerified: Bool { approval["verified"]?.arrayValue?.isEmpty == false }
    private var summaryLines: [String] {
        text("summary").split(whereSeparator: \.isNewline).map(String.init).filter { $0.contains { !$0.isWhitespace } }
    }

    private func text(_ key: String) -> String { approval[key]?.stringValue ?? "" }
}

extension [ReviewItem] {
    /// What holds others up first, and the oldest first of both: a minute of the person then frees most.
    var inOrder: [ReviewItem] {
        sorted { left, right in
            if (left.waiting > 0) != (right.waiting > 0) { return left.waiting > 0 }
            let (first, second) = (left.requestedAt?.milliseconds ?? .max, right.requestedAt?.milliseconds ?? .max)
            return first == second ? left.task < right.task : first < second
        }
    }
}
