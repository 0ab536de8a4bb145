import YggClient
import YggCore

/// A bundle of evidence for people.
enum EvidenceText {
    static func text(_ bundle: EvidenceBundle, style: Style) -> String {
        head(bundle, style) + commands(bundle, style: style) + diff(bundle, style)
    }

    private static func head(_ bundle: EvidenceBundle, _ style: Style) -> String {
        let evidence = bundle.evidence ?? JSONObject()
        var details = Details()
        details.add("task", bundle.task.id, .bold)
        details.add("kind", bundle.task.kind)
        details.add("state", bundle.task.stateText, Style.emphasis(of: bundle.task.state))
        details.add("asked", ReviewItem(JSONObject(), task: bundle.task).asked)
        details.add("unverified", evidence["unverified"]?.stringValue, .yellow)
        details.add("summary", evidence["summary"]?.stringValue ?? bundle.task.result?["summary"]?.stringValue)
        details.add("error", (evidence["error"]?["detail"] ?? bundle.task.json["error"]?["detail"])?.stringValue, .red)
        let scripted = evidence["scripted"]?.boolValue == true ? ", a scenario in the place of a model" : ""
        details.add("model", evidence["model"]?.stringValue.map { $0 + scripted })
        details.add("asked at", evidence["endpoint"]?.stringValue)
        details.add("steps", evidence["steps"]?.intValue.map(String.init))
        details.add("tokens", evidence["tokens"]?.intValue.map(String.init))
        details.add("mode", evidence["mode"]?.stringValue)
        for prompt in evidence["prompts"]?.objectValue?.members ?? [] {
            details.add("prompt", "\(prompt.key) \(prompt.value.stringValue ?? "")")
        }
        let spans = bundle.durations.map { part in
            "\(part.name == "person" ? "with a person" : part.name) \(SpanText.exact(part.span))"
        }
        .joined(separator: ", ")
        details.add("took", spans)
        for approval in bundle.approvals { details.add("approval", sentence(approval)) }
        let before =
            evidence["failures"]?["before"].map(strings)
            ?? (evidence["base"]?.arrayValue ?? []).flatMap { strings($0["failures"]) }
        for failure in before { details.add("failed before", failure) }
        for repaired in strings(evidence["fixed"]) { details.add("repaired", repaired, .green) }
        let left =
            evidence["failures"]?["after"].map(strings)
            ?? (evidence["checks"]?.arrayValue ?? []).flatMap { strings($0["failures"]) }
        // A name may stand for several failures, as that of a linter's rule does.
        var old: [String: Int] = before.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        for failure in left {
            let isOld = old[failure, default: 0] > 0
            if isOld { old[failure, default: 0] -= 1 }
            details.add(isOld ? "still fails" : "fails now", failure, .red)
        }
        if let result = bundle.task.result, let commit = result["commit"]?.stringValue {
            details.add("landed", "\(result["branch"]?.stringValue ?? "") \(commit)")
        }
        let missing = bundle.evidence == nil ? "\nThe task left no evidence of its own: only code- tasks do.\n" : ""
        return details.rendered(style: style) + missing
    }

    private static func sentence(_ approval: JSONObject) -> String {
        let verdict = approval["decision"]?.stringValue.map { $0 == "sentBack" ? "sent back" : $0 } ?? "open"
        var words = ["\(approval["subject"]?.stringValue ?? "") \(verdict)"]
        if let by = approval["decidedBy"]?.stringValue { words.append("by \(by)") }
        if let at = approval["decidedAt"]?.stringValue { words.append("at \(at)") }
        if let digest = approval["digest"]?.stringValue { words.append("(\(digest))") }
        if let comment = approval["comment"]?.stringValue { words.append(": \(comment)") }
        return words.joined(separator: " ")
    }

    /// Every command with its end and what it said: those that checked the base, those that check the work, and those that
    /// the model ran.
    static func commands(_ bundle: EvidenceBundle, style: Style) -> String {
        var text = ""
        let sections = [
            ("checks before the work", "base"), ("checks", "checks"), ("commands of the model", "commands"),
        ]
        for (title, key) in sections {
            let commands = bundle.evidence?[key]?.arrayValue ?? []
            guard !commands.isEmpty else { continue }
            text += "\n\(style(.bold, title))\n"
            for command in commands { text += self.text(of: command, style) }
        }
        return text
    }

    private static func text(of command: JSON, _ style: Style) -> String {
        let exitCode = command["exitCode"]?.intValue
        let end = exitCode.map { "exit \($0)" } ?? command["ended"]?.stringValue ?? "no end"
        let took = command["milliseconds"]?.intValue.map { "  \(SpanText.exact(Milliseconds($0)))" } ?? ""
        let words = DisplayText.oneLine(ApprovalText.words(command["argv"]?.arrayValue ?? []))
        var text = "\(style(exitCode == 0 ? .green : .red, end))  \(words)\(style(.dim, took))\n"
        let output = command["output"]?.stringValue ?? ""
        for line in DisplayText.lines(output) where !line.isEmpty { text += "    \(DisplayText.visible(line))\n" }
        return text
    }

    private static func diff(_ bundle: EvidenceBundle, _ style: Style) -> String {
        guard let bytes = bundle.diff, !bytes.isEmpty else { return "" }
        let diff = String(decoding: bytes, as: UTF8.self)
        let lines = DisplayText.lines(diff.hasSuffix("\n") ? String(diff.dropLast()) : diff)
        return "\n" + style(.bold, "diff") + "\n"
            + lines.map { ApprovalText.diffLine($0, style: style) + "\n" }.joined()
    }

    private static func strings(_ value: JSON?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }
}
