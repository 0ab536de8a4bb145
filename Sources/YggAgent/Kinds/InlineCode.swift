package import YggCore

/// Work on code that is sent along, without a repository: one question, one answer, checked for syntax where a program
/// for that is installed, and one more question with what was wrong.
///
/// What a tool can do alone is done by it, and no model is asked: formatting, and what a linter repairs by itself.
package struct InlineCode: Sendable {
    package let prompt: CodePrompt
    private let code: String
    private let runner: CommandRunner
    private let directory: String

    /// - Parameters:
    ///   - params: checked against the kind; without `repo`.
    ///   - setting: its root is an empty directory for this work alone.
    package init(_ kind: CodeKind, params: JSONObject, _ setting: Toolbox.Setting) {
        prompt = CodePrompt(kind, params: params)
        code = params["code"]?.stringValue ?? ""
        runner = CommandRunner(setting)
        directory = setting.root
    }

    /// What the model is told before the instruction.
    package static let system = """
        You are a careful programmer. Answer with the complete code in one fenced block, and with nothing else: no \
        explanation, no example of its use, nothing left out.
        """

    /// - Parameter ask: puts a conversation to the model and returns its whole answer.
    /// - Throws: ``InlineFailure``, `CancellationError`, `Errno`, or what `ask` throws.
    package func answer(asking ask: ([ModelMessage]) async throws -> String) async throws -> InlineAnswer {
        var work = Work(answer: begun, file: ScratchFile(in: directory, name: fileName(code), runner: runner))
        guard !code.isEmpty || takesWords && hasWords else {
            let words = takesWords ? ", or say with spec what is wanted" : ""
            throw InlineFailure(
                code: "invalid-params",
                detail: "There is nothing to work on: give repo, or code\(words)."
            )
        }
        if !code.isEmpty {
            if prompt.kind.verification == .format, try await format(&work) { return work.answer }
            if prompt.kind.verification == .lint, try await lint(&work) { return work.answer }
        }
        try await work.askModel(self, ask)
        return work.answer
    }

    /// Whether something may be made of words alone: what is to be mended or formatted has to be there.
    private var takesWords: Bool {
        switch prompt.kind.verification {
        case .lint, .format: false
        case .test, .checker, .none: true
        }
    }

    private var hasWords: Bool { prompt.value("spec") != nil || prompt.value("instruction") != nil }

    private var begun: InlineAnswer {
        var answer = InlineAnswer(output: code, summary: "", language: prompt.languageName, validity: .unchecked)
        answer.framework = prompt.value("framework")
        answer.docstringStyle = prompt.value("style")
        answer.linter = prompt.value("linter")
        return answer
    }

    /// A module of JavaScript is one by its name.
    fileprivate func fileName(_ code: String) -> String {
        let ending = prompt.language?.extensions.first ?? "txt"
        let isModule =
            ending == "js"
            && code.split(separator: "\n").contains { $0.hasPrefix("import ") || $0.hasPrefix("export ") }
        return "code.\(isModule ? "mjs" : ending)"
    }

    // MARK: - Without a model

    /// - Returns: whether a formatter did it.
    private func format(_ work: inout Work) async throws -> Bool {
        for formatter in prompt.language?.formatters ?? [] {
            try work.file.write(code)
            guard let run = try await work.file.run(formatter) else { continue }
            work.answer.commands.append(run.record)
            // What it cannot read it cannot format.
            guard run.passed, let output = work.file.read() else { return false }
            work.answer.output = output
            try await work.check(prompt)
            let how = output == code ? "was formatted already" : "was formatted"
            work.answer.summary = "The code \(how), by \(formatter.name); no model was asked."
            return true
        }
        return false
    }

    /// Counts what the linter says, and lets it repair what it can.
    /// - Returns: whether nothing is left for a model.
    private func lint(_ work: inout Work) async throws -> Bool {
        let asked = prompt.value("linter")
        let linters = prompt.language?.linters ?? []
        guard let linter = linters.first(where: { $0.name == asked }) else { return false }
        guard let before = try await work.findings(linter, in: code) else { return false }
        work.linter = linter
        work.before = before.count
        work.answer.fixedErrors = 0
        if before.isEmpty {
            try await work.check(prompt)
            work.answer.summary = "\(linter.name) complains of nothing; no model was asked."
            return true
        }
        work.left = before
        for repair in prompt.language?.repairs ?? [] where repair.name == linter.name {
            try work.file.write(code)
            guard let run = try await work.file.run(repair), run.hasEnded, let output = work.file.read() else {
                continue
            }
            work.answer.commands.append(run.record)
            guard let after = try await work.findings(linter, in: output), after.count < work.left.count else {
                continue
            }
            work.left = after
            work.answer.output = output
            work.answer.fixedErrors = before.count - after.count
        }
        guard work.left.isEmpty else { return false }
        try await work.check(prompt)
        work.answer.summary =
            "\(linter.name) itself repaired all it complained of (\(before.count)); no model was asked."
        return true
    }
}

/// One answer in the making.
private struct Work {
    var answer: InlineAnswer
    var file: ScratchFile
    /// The linter that was run, and how much it said of the code as it came.
    var linter: CodeLanguage.Command?
    var before = 0
    /// What it says of the answer so far.
    var left: [Findings.Finding] = []
    /// What the checker of the syntax said; nil where nothing was wrong.
    private var problem: String?
    private var checker: String?

    init(answer: InlineAnswer, file: ScratchFile) {
        self.answer = answer
        self.file = file
    }

    // MARK: - The model

    mutating func askModel(_ inline: InlineCode, _ ask: ([ModelMessage]) async throws -> String) async throws {
        let original = answer.output
        var messages: [ModelMessage] = [.system(InlineCode.system), .user(instruction(inline))]
        var attempts = 2
        while true {
            attempts -= 1
            answer.questions += 1
            let reply = try await ask(messages)
            let complaint: String
            if let code = CodeInReply.find(in: reply, language: inline.prompt.language) {
                file = ScratchFile(in: file.path.directory, name: inline.fileName(code), runner: file.runner)
                guard let objection = try await take(code, original, inline.prompt) else { break }
                complaint = objection
            } else {
                complaint = "There is no code in this answer. Give the complete code in one fenced block."
                if attempts == 0, answer.output == original || answer.output.isEmpty {
                    throw InlineFailure(
                        code: "no-code",
                        detail:
                            "The model answered twice without any code. Say more exactly what is wanted, or name a larger model."
                    )
                }
            }
            if attempts == 0 { break }
            messages += [.assistant(reply), .user(complaint)]
        }
        answer.summary = summary(inline)
    }

    /// The instruction, with what the linter says of what is left.
    private func instruction(_ inline: InlineCode) -> String {
        guard !left.isEmpty else { return inline.prompt.text }
        return inline.withFindings(left.map(\.line), code: answer.output)
    }

    /// Takes over what the model wrote, as far as it is any better than what is there.
    /// - Returns: what to object; nil where nothing is wrong.
    private mutating func take(_ code: String, _ original: String, _ prompt: CodePrompt) async throws -> String? {
        if let elision = Elision.added(by: code, to: original) {
            if answer.questions == 1 { return elision.refusal("The answer").sentence }
        }
        let earlier = answer
        answer.output = code
        try await check(prompt)
        if let problem {
            // One that can be read is better than none, and than another that cannot.
            if earlier.validity == .valid, earlier.questions > 1 { answer = earlier.keeping(answer) }
            return "This is not valid \(prompt.languageName):\n\(problem)\nGive the complete code again, repaired."
        }
        guard let linter, let after = try await findings(linter, in: code) else { return nil }
        guard after.count < left.count || after.isEmpty else {
            answer = earlier.keeping(answer)
            return
                "\(linter.name) still complains:\n\(after.prefix(20).map { $0.line }.joined(separator: "\n"))\nGive the complete code again, repaired."
        }
        left = after
        answer.fixedErrors = before - after.count
        return after.isEmpty
            ? nil
            : "\(linter.name) still complains:\n\(after.prefix(20).map { $0.line }.joined(separator: "\n"))\nGive the complete code again, repaired."
    }

    private func summary(_ inline: InlineCode) -> String {
        let lines = answer.output.split(separator: "\n").count
        var sentence = "\(lines) \(lines == 1 ? "line" : "lines") of \(answer.language)"
        switch (answer.validity, checker) {
        case (.valid, let checker?): sentence += ", which \(checker) can read"
        case (.invalid, let checker?): sentence += ", which \(checker) cannot read"
        default: sentence += ", unchecked: nothing is installed here that could read it"
        }
        if let linter, let fixed = answer.fixedErrors {
            sentence += ". Of \(before) complaints of \(linter.name), \(fixed) \(fixed == 1 ? "is" : "are") gone"
        }
        return sentence + "."
    }

    // MARK: - Programs

    /// Says whether the answer is a program at all.
    mutating func check(_ prompt: CodePrompt) async throws {
        problem = nil
        checker = nil
        answer.validity = .unchecked
        for command in prompt.language?.checkers ?? [] {
            try file.write(answer.output)
            guard let run = try await file.run(command), run.hasEnded else { continue }
            answer.commands.append(run.record)
            checker = command.name
            let isValid = run.passed || command.name == "rustc" && !Self.isSyntax(run.output)
            answer.validity = isValid ? .valid : .invalid
            problem = isValid ? nil : VisibleText.cut(Self.useful(run.output), to: 1200)
            return
        }
    }

    /// What the linter says of a text; nil where it is not installed.
    mutating func findings(_ linter: CodeLanguage.Command, in code: String) async throws -> [Findings.Finding]? {
        try file.write(code)
        guard let run = try await file.run(linter), run.hasEnded else { return nil }
        answer.commands.append(run.record)
        let isList = linter.name == "gofmt"
        let root = file.path.directory
        return isList ? Findings.files(run.output, root: root) : Findings.read(run.output, root: root)
    }

    /// rustc gives a code to all that is not about syntax.
    private static func isSyntax(_ output: String) -> Bool {
        output.split(separator: "\n").contains { line in
            line.hasPrefix("error: ") && !line.hasPrefix("error: aborting") && !line.hasPrefix("error: could not")
        }
    }

    /// The last lines say most, and a stack of a checker's own says least.
    private static func useful(_ output: String) -> String {
        let lines = output.split(separator: "\n").filter { !$0.contains("Traceback") && !$0.hasPrefix("    at ") }
        return lines.prefix(12).joined(separator: "\n")
    }
}

extension InlineCode {
    /// The instruction for what is left to do after a linter's own repairs.
    fileprivate func withFindings(_ findings: [String], code: String) -> String {
        var params: JSONObject = ["code": .string(code), "language": .string(prompt.languageName)]
        for name in ["spec", "instruction", "linter"] { params.append(name, .optional(prompt.value(name))) }
        return CodePrompt(prompt.kind, params: params, facts: RepositoryFacts(findings: findings)).text
    }
}

extension InlineAnswer {
    /// This answer, with what was run and asked meanwhile.
    fileprivate func keeping(_ later: InlineAnswer) -> InlineAnswer {
        var answer = self
        answer.commands = later.commands
        answer.questions = later.questions
        return answer
    }
}

extension String {
    fileprivate var directory: String { lastIndex(of: "/").map { String(self[..<$0]) } ?? "." }
}
