package import YggCore

/// What issues are told: comments, and the reason for which one is closed.
package struct IssueWords: Sendable, Hashable {
    /// How the coordinator is reached from elsewhere; without it comments have no links.
    package var publicURL: String?

    package init(publicURL: String? = nil) {
        self.publicURL = publicURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    /// Words that say of a closed issue that it came to nothing: `conditional-blocks` goes by them.
    package static let failureWords = [
        "failed", "rejected", "wontfix", "won't fix", "canceled", "cancelled", "abandoned", "blocked", "error",
        "timeout",
        "aborted",
    ]

    /// The last line of every comment, by which it is found again after nobody knows whether it was written.
    package static func mark(_ task: TaskID, _ name: String) -> String { "[ygg \(task) \(name)]" }

    /// Of the names, those whose comment is among these.
    static func said(_ task: TaskID, in comments: [String]) -> Set<String> {
        var names: Set<String> = []
        for comment in comments {
            let start = "[ygg \(task) "
            guard let line = comment.split(separator: "\n").last(where: { $0.hasPrefix(start) && $0.hasSuffix("]") })
            else { continue }
            names.insert(String(line.dropFirst(start.count).dropLast()))
        }
        return names
    }

    func taken(_ lease: IssueLease, _ glance: TaskNews) -> String {
        var lines = ["Yggdrasil took this: task \(lease.task), \(lease.kind)."]
        if let executor = glance.executor, glance.state == .running { lines.append("It runs on \(executor).") }
        lines.append("Follow it: ygg task logs \(lease.task) --follow\(link(lease.task))")
        return text(lines, lease, "taken")
    }

    func started(_ lease: IssueLease, on executor: String) -> String {
        text(["It has begun, on \(executor)."], lease, "started")
    }

    func asks(_ lease: IssueLease, _ question: TaskNews.Question) -> String {
        text(
            [
                "A person is asked before this goes on: \(question.subject).", "", Self.cut(question.summary), "",
                "Look at it: ygg task diff \(lease.task)\(link(lease.task))",
                "Then: ygg approve \(lease.task), or ygg reject \(lease.task) --comment \"…\"",
            ],
            lease,
            Self.name(of: question)
        )
    }

    static func name(of question: TaskNews.Question) -> String { "asks-\(question.epoch)" }

    /// The result of a task that has ended, whichever way.
    func end(_ lease: IssueLease, _ glance: TaskNews) -> String {
        let result = glance.result ?? JSONObject()
        var lines: [String] = []
        switch glance.state {
        case .succeeded where glance.succeeded: lines.append("Done, as task \(lease.task).")
        case .succeeded: lines.append("The work was done as task \(lease.task), but nothing has checked it.")
        case .cancelled: lines.append("Task \(lease.task) was cancelled\(glance.decision.map { ": \($0)" } ?? ".")")
        default: lines.append("Task \(lease.task) failed\(glance.error.map { " (\($0.code))" } ?? "").")
        }
        if let detail = glance.error?.detail, glance.state == .failed { lines += ["", Self.cut(detail)] }
        let commit = Self.landed(result)
        // That of a landing says no more than the line about it below.
        if commit == nil, let summary = result["summary"]?.stringValue, !summary.isEmpty {
            lines += ["", Self.cut(summary)]
        }
        if let output = result["output"]?.stringValue ?? result["stdout"]?.stringValue, !output.isEmpty {
            lines += ["", "```", Self.tail(output), "```"]
        }
        lines.append("")
        if let commit {
            let branch = result["branch"]?.stringValue.map { " on \($0)" } ?? ""
            let place = result["repository"]?.stringValue.map { " of \($0)" } ?? ""
            lines.append("Landed as \(commit)\(branch)\(place).")
        }
        if let error = result["pushError"]?.stringValue { lines.append(error) }
        lines.append("The whole story: ygg task show \(lease.task)\(link(lease.task))")
        if result["evidence"] != nil { lines.append("What proves it: ygg task evidence \(lease.task)") }
        if !(glance.state == .succeeded && glance.succeeded) {
            lines.append("To have it tried again, set this issue to open.")
        }
        return text(lines, lease, "end")
    }

    /// The commit that was landed; nil where a result only tells of one.
    private static func landed(_ result: JSONObject) -> String? {
        result["landedOn"] == nil ? nil : result["commit"]?.stringValue
    }

    func refusedClose(_ lease: IssueLease, _ detail: String) -> String {
        text(["The work is done, but the issue cannot be closed: \(Self.cut(detail))"], lease, "close-refused")
    }

    func refused(_ lease: IssueLease, _ detail: String) -> String {
        text(
            [
                "This cannot be made a task of the kind \(lease.kind): \(Self.cut(detail))", "",
                "Correct the issue, then set it to open.",
            ],
            lease,
            "refused"
        )
    }

    /// Short, and without any of the words by which a success would count as a failure.
    func closeReason(_ lease: IssueLease, _ glance: TaskNews) -> String {
        let commit = glance.result.flatMap(Self.landed).map { ", landed as \($0.prefix(12))" } ?? ""
        let candidates = [
            "Done by Yggdrasil: task \(lease.task), \(lease.kind)\(commit)", "Done by Yggdrasil: task \(lease.task)",
        ]
        return candidates.first { reason in
            let reason = reason.lowercased()
            return !Self.failureWords.contains { reason.contains($0) }
        } ?? "Done by Yggdrasil"
    }

    private func link(_ task: TaskID) -> String { publicURL.map { "\n\($0)/v1/tasks/\(task)" } ?? "" }

    private func text(_ lines: [String], _ lease: IssueLease, _ name: String) -> String {
        (lines + ["", Self.mark(lease.task, name)]).joined(separator: "\n") + "\n"
    }

    /// Trackers have taken 64 KB of a comment for a long time, and nobody reads more.
    private static let longest = 4000

    private static func cut(_ text: String) -> String {
        text.utf8.count <= longest ? text : "\(text.prefix(longest))…"
    }

    private static func tail(_ text: String) -> String {
        text.utf8.count <= longest ? text : "…\(text.suffix(longest))"
    }
}
