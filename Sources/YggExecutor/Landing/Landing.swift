import YggCore

/// A command that checked work, and how it ended.
struct Verified: Sendable, Hashable {
    var argv: [String]
    /// 127 where it could not be started, 128 and the signal where one ended it.
    var exitCode: Int64

    var json: JSON { ["argv": .array(argv.map(JSON.string)), "exitCode": .int(exitCode)] }

    init(_ argv: [String], exitCode: Int64) {
        self.argv = argv
        self.exitCode = exitCode
    }

    init?(_ json: JSON) {
        guard let argv = json["argv"]?.arrayValue?.compactMap(\.stringValue), !argv.isEmpty,
            let exitCode = json["exitCode"]?.intValue
        else { return nil }
        self.init(argv, exitCode: exitCode)
    }
}

/// What is to be published: everything that decides what its commit is, so that whoever makes it again makes the same.
struct Landing: Sendable {
    /// What tells that it has landed: a trailer, and the value that no other landing has.
    struct Mark: Sendable, Hashable {
        var trailer: String
        var value: String
    }

    /// As a task names it.
    var repository: String
    var target: String
    /// The commit that the diff is about.
    var base: String
    /// The sha256 of the diff.
    var diff: String
    /// Subject and body.
    var message: String
    var author: GitAuthor
    var date: Timestamp
    /// At the end of the message; among them the mark.
    var trailers: [(key: String, value: String)]
    var mark: Mark
    /// What checks it where the target has moved.
    var verification: [[String]]
    /// How it was checked on its base.
    var verified: [Verified]
    /// Whether it is sent on to the remote of a repository on this machine.
    var pushes: Bool
    /// What approving would be about once more.
    var question: ApprovalQuestion?

    /// The whole message. Trailers stand in a paragraph of their own, and nobody else's words can be taken for one.
    var commitMessage: String {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            trailers.contains { line.lowercased().hasPrefix("\($0.key.lowercased()):") } ? " \(line)" : String(line)
        }
        let text = lines.joined(separator: "\n").trimmed
        let ends = trailers.map { trailer in
            "\(trailer.key): " + trailer.value.split(whereSeparator: \.isNewline).joined(separator: " ")
        }
        return text + "\n\n" + ends.joined(separator: "\n") + "\n"
    }
}

extension Landing {
    /// What an approval permits. Everything that becomes the commit is in what was shown.
    /// - Throws: where the approval is not one of a diff.
    init(_ approval: Approval, of key: LeaseKey) throws(HandlerFailure) {
        let question = approval.question
        guard question.subject == .diff, let repository = question.repository, let target = question.target,
            let base = question.base, let diff = question.diff, base.utf8.allSatisfy(isHexDigit)
        else {
            throw HandlerFailure(
                code: "cannot-land",
                detail: "What was approved is no diff with a repository, a target and a base.",
                retryable: false
            )
        }
        let shown = question.shown
        let mark = Mark(trailer: "Ygg-Approval", value: approval.digest)
        var trailers = [("Ygg-Task", key.task.rawValue)]
        if let model = shown["model"]?.stringValue { trailers.append(("Ygg-Model", model)) }
        trailers.append((mark.trailer, mark.value))
        if let who = approval.decision?.by { trailers.append(("Approved-by", who)) }
        self.init(
            repository: repository,
            target: target,
            base: base,
            diff: diff,
            message: shown["message"]?.stringValue ?? question.summary,
            author: shown["author"]?.stringValue.flatMap(GitAuthor.init) ?? .ourselves,
            date: approval.decision?.at ?? approval.requestedAt,
            trailers: trailers,
            mark: mark,
            verification: question.verification,
            verified: (shown["verified"]?.arrayValue ?? []).compactMap(Verified.init),
            pushes: shown["push"]?.boolValue ?? false,
            question: question
        )
    }
}
