package import YggCore

/// The id of an issue as its tracker gave it. It is never empty and never looks like an option, so that no command can be
/// made to mean another issue, or none.
package struct IssueID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: String

    /// nil unless the text is `[A-Za-z0-9_.][A-Za-z0-9_.-]*`, 255 bytes at most.
    package init?(_ text: String) {
        guard (1...255).contains(text.utf8.count), !text.hasPrefix("-"), text != ".", text != "..",
            text.utf8.allSatisfy(Self.isAllowed)
        else { return nil }
        rawValue = text
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    package var description: String { rawValue }

    package static func < (left: IssueID, right: IssueID) -> Bool { left.rawValue < right.rawValue }
}

/// An issue of a tracker, as far as it matters here.
package struct TrackedIssue: Sendable, Hashable {
    package var id: IssueID
    package var title: String
    package var description = ""
    /// What a person wrote besides the description: design, acceptance criteria.
    package var sections: [Section] = []
    package var status: IssueStatus = .open
    package var priority = Priority.normal
    package var type = "task"
    /// nil where it is nobody's.
    package var assignee: String?
    package var labels: [String] = []
    package var metadata = JSONObject()
    /// The issues that keep this one from being worked on, as far as the tracker told.
    package var blockedBy: [IssueID] = []
    package var createdAt: Timestamp?
    package var updatedAt: Timestamp?
    package var closeReason: String?

    /// A text with a heading.
    package struct Section: Sendable, Hashable {
        package var heading: String
        package var text: String
    }

    package init(id: IssueID, title: String) {
        self.id = id
        self.title = title
    }

    /// Whether it is worked on by whoever bears this name, and nobody has taken it out of work.
    package func isHeld(by actor: String) -> Bool { assignee == actor && status == .inProgress }
}

/// Where an issue is in its life. Trackers have states of their own, which are kept as they are.
package struct IssueStatus: Sendable, Hashable {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }

    package static let open = IssueStatus("open")
    package static let inProgress = IssueStatus("in_progress")
    package static let blocked = IssueStatus("blocked")
    package static let closed = IssueStatus("closed")

    /// Nothing is to be done about it any more.
    package var isOver: Bool { self == .closed || rawValue == "tombstone" }

    /// A person put it aside: it is not to be worked on now.
    package var isPutAside: Bool { ["blocked", "deferred", "pinned", "hooked"].contains(rawValue) }
}
