import YggCore

/// What a person sees of a review.
enum ReviewText {
    static let help = """
          a  approve: what is shown is landed, run or counts
          s  send back with a note, which whoever did it reads as the next message
          r  reject: the task is cancelled for good
          l  later: it stays open
          d  the next page of the diff, or the first again (the space bar, too)
          q  quit; what was approved goes on landing
          ?  this

        """

    static func prompt(linesLeft: Int, style: Style) -> String {
        let more = linesLeft > 0 ? "\(counted(linesLeft, "more line", "more lines"))" : "diff again"
        return style(.bold, "[a]pprove [s]end back [r]eject [l]ater [d] \(more) [q]uit [?] ")
    }

    /// Everything about an item but its diff.
    static func head(_ item: ReviewItem, left: Int, now: Timestamp, style: Style) -> String {
        var words = [style(.bold, item.task), item.kind]
        let age = SpanText.age(of: item.requestedAt, now: now)
        if !age.isEmpty { words.append("asked \(age == "now" ? "just now" : "\(age) ago")") }
        if item.waiting > 0 {
            words.append(style(.yellow, counted(item.waiting, "task waits", "tasks wait") + " for it"))
        }
        words.append(left == 0 ? "the last" : "\(left) more")
        var text = "\n" + words.joined(separator: style(.dim, " · ")) + "\n"

        var details = Details()
        details.add("asked", cut(item.asked, lines: 3))
        text += details.rendered(style: style)
        if let unverified = item.unverified { text += style(.yellow, "! " + DisplayText.oneLine(unverified)) + "\n" }
        for line in item.summary { text += "  \(DisplayText.oneLine(line))\n" }

        details = Details()
        for check in item.checks {
            details.add("verified", "\(check.command) → exit \(check.exitCode)", check.exitCode == 0 ? .green : .red)
        }
        if item.checks.isEmpty, item.next == .land { details.add("verified", "by nothing", .yellow) }
        details.add("lands on", place(item))
        details.add("model", item.approval["model"]?.stringValue)
        details.add("command", item.approval["argv"]?.arrayValue.map { ApprovalText.words($0) })
        return text + details.rendered(style: style) + "\n"
    }

    private static func place(_ item: ReviewItem) -> String? {
        guard item.next == .land, let target = item.approval["target"]?.stringValue else { return nil }
        let repository = item.approval["repository"]?.stringValue.map { " of \($0)" } ?? ""
        return "\(target)\(repository)\(item.approval["push"]?.boolValue == true ? ", and is pushed" : "")"
    }

    /// What is looked at page by page: the diff, after the difference to what was approved before where there is one;
    /// of what has no diff, all that is known.
    static func body(_ item: ReviewItem, diff: String?, style: Style) -> [String] {
        var lines: [String] = []
        if let difference = item.approval["difference"]?.stringValue, !difference.isEmpty {
            lines += [style(.dim, "what is different from what was approved")] + diffLines(difference, style) + [""]
        }
        if let diff { return lines + diffLines(diff, style) }
        let text = ApprovalText.text(item.approval, style: style)
        return lines + text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    private static func diffLines(_ diff: String, _ style: Style) -> [String] {
        var lines = DisplayText.lines(diff)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { ApprovalText.diffLine($0, style: style) }
    }

    /// The first words of what may be pages.
    private static func cut(_ text: String, lines: Int) -> String {
        let all = text.split(whereSeparator: \.isNewline)
        let words = all.prefix(lines).joined(separator: " ")
        return words.count > 400 ? "\(words.prefix(400))…" : words + (all.count > lines ? " …" : "")
    }
}

func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
