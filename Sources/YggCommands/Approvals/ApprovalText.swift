import YggCore

/// Approvals in words.
enum ApprovalText {
    /// For whoever waits for a task that waits for them.
    static func howTo(_ id: String) -> String {
        "\(id) waits for a person. Look at it: ygg task diff \(id). Then: ygg approve \(id), or ygg reject \(id)."
    }

    /// What an answer came to, in a line.
    static func outcome(_ approval: JSONObject, style: Style) -> String {
        let id = approval["task"]?.stringValue ?? ""
        let verdict = approval["decision"]?.stringValue.flatMap(ApprovalDecision.Verdict.init(rawValue:))
        let state = approval["state"]?.stringValue ?? ""
        let by = approval["decidedBy"]?.stringValue.map { " by \($0)" } ?? ""
        let word: String
        let emphasis: Style.Emphasis
        switch verdict {
        case .approved: (word, emphasis) = ("approved", .green)
        case .sentBack: (word, emphasis) = ("sent back", .yellow)
        case .rejected, .expired, .cancelled, nil: (word, emphasis) = (verdict?.rawValue ?? "", .red)
        }
        return "\(id) \(style(emphasis, word))\(by), the task is \(state)\n"
    }

    /// What is asked, at length and without the diff.
    static func text(_ approval: JSONObject, style: Style) -> String {
        var details = Details()
        for key in ["task", "title", "kind", "subject"] {
            details.add(key, approval[key]?.stringValue, key == "task" ? .bold : nil)
        }
        details.add("digest", approval["digest"]?.stringValue)
        for (name, key) in [
            ("asked", "requestedAt"), ("expires", "expiresAt"), ("repository", "repository"), ("target", "target"),
            ("base", "base"), ("directory", "workingDirectory"), ("decision", "decision"), ("by", "decidedBy"),
            ("comment", "comment"),
        ] {
            details.add(name, approval[key]?.stringValue)
        }
        details.add("command", approval["argv"]?.arrayValue.map { words($0) })
        for command in approval["verification"]?.arrayValue ?? [] {
            details.add("verified by", command.arrayValue.map { words($0) })
        }
        for key in ["params", "env", "limits"] { details.add(key, approval[key]?.text) }
        details.add("summary", approval["summary"]?.stringValue)
        var text = details.rendered(style: style)
        if let output = approval["result"]?["output"]?.stringValue, !output.isEmpty {
            text += "\n\(style(.dim, "output"))\n"
            for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
                text += DisplayText.oneLine(String(line)) + "\n"
            }
        }
        return text
    }

    /// Every argument by itself, so that none can pass for two.
    static func words(_ argv: [JSON]) -> String {
        argv.map { word in
            let text = word.stringValue ?? word.text
            return text.isEmpty || text.contains(" ") ? "'\(text)'" : text
        }.joined(separator: " ")
    }

    /// A line of a diff as a terminal shows it, with nothing in it that hides.
    static func diffLine(_ line: Substring, style: Style) -> String {
        let text = DisplayText.visible(line)
        let emphasis: Style.Emphasis? =
            if line.hasPrefix("+++") || line.hasPrefix("---") || line.hasPrefix("diff ") || line.hasPrefix("index ") {
                .bold
            } else if line.hasPrefix("@@") {
                .cyan
            } else if line.hasPrefix("+") {
                .green
            } else if line.hasPrefix("-") {
                .red
            } else {
                nil
            }
        return style(emphasis, text)
    }
}
