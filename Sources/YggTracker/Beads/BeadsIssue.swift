package import YggCore

extension TrackedIssue {
    /// Kinds of dependency that keep an issue from being ready.
    private static let blocking: Set<String> = ["blocks", "parent-child", "conditional-blocks", "waits-for"]

    /// Reads an issue as `bd` prints it, and as its JSON lines hold it. What is not known is passed over, and what is missing
    /// is what `bd` leaves out because it is empty.
    /// - Returns: nil where there is no id or no title.
    package init?(beads json: JSON) {
        guard case .object(let object) = json, let id = object["id"]?.stringValue.flatMap({ IssueID($0) }),
            let title = object["title"]?.stringValue
        else { return nil }
        self.init(id: id, title: title)
        description = object["description"]?.stringValue ?? ""
        for (key, heading) in [("design", "Design"), ("acceptance_criteria", "Acceptance criteria")] {
            guard let text = object[key]?.stringValue, !text.isEmpty else { continue }
            sections.append(Section(heading: heading, text: text))
        }
        status = IssueStatus(object["status"]?.stringValue ?? "open")
        priority = object["priority"]?.intValue.flatMap { Priority($0) } ?? .normal
        type = object["issue_type"]?.stringValue ?? "task"
        assignee = object["assignee"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        labels = (object["labels"]?.arrayValue ?? []).compactMap(\.stringValue)
        metadata = object["metadata"]?.objectValue ?? JSONObject()
        createdAt = object["created_at"]?.stringValue.flatMap { Timestamp(parsing: $0) }
        updatedAt = object["updated_at"]?.stringValue.flatMap { Timestamp(parsing: $0) }
        closeReason = object["close_reason"]?.stringValue
        blockedBy = Self.blockers(of: id, object)
    }

    /// From `blocked_by`, or from dependencies in either of their shapes: edges, or whole issues.
    private static func blockers(of id: IssueID, _ object: JSONObject) -> [IssueID] {
        if let names = object["blocked_by"]?.arrayValue {
            return names.compactMap { $0.stringValue.flatMap { IssueID($0) } }
        }
        return (object["dependencies"]?.arrayValue ?? []).compactMap { dependency in
            let type = dependency["dependency_type"]?.stringValue ?? dependency["type"]?.stringValue ?? "blocks"
            guard blocking.contains(type) else { return nil }
            let name = dependency["depends_on_id"]?.stringValue ?? dependency["id"]?.stringValue
            return name.flatMap { IssueID($0) }.flatMap { $0 == id ? nil : $0 }
        }
    }
}
