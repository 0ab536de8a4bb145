package import YggCore

/// Which commands may be run, and what a model is told about those that may not.
///
/// It is not what keeps a command from doing harm: a test suite is a program like any other, and whoever may write a
/// test may run anything. That is for the isolation, the clean environment and the limits. The rules keep a model to
/// what helps its work, and keep what a repository's text may talk it into from being run at all.
package struct CommandRules: Sendable, Hashable {
    /// A program may have several; one that allows the command is enough.
    package var rules: [CommandRule]
    /// By program, or by program and subcommand: a sentence with what to do instead.
    package var refusals: [String: String]

    package init(rules: [CommandRule], refusals: [String: String]) {
        self.rules = rules
        self.refusals = refusals
    }

    /// - Parameter words: At least one.
    func permit(_ words: [String]) throws(ToolRefusal) -> CommandRule.Permitted {
        let program = words[0]
        if words.count > 1, let sentence = refusals["\(program) \(words[1])"] {
            throw Self.refusal("\(program) \(words[1])", sentence)
        }
        let candidates = rules.filter { $0.programs.contains(program) }
        guard !candidates.isEmpty else { throw unknown(program) }
        if words.count == 2, words[1] == "--version" || words[1] == "--help" {
            return .init(argv: words, paths: [])
        }
        var objections: [String] = []
        for rule in candidates {
            do throws(CommandRule.Objection) {
                return try rule.permit(words)
            } catch {
                if case .sentence(let sentence) = error { objections.append(sentence) }
            }
        }
        let subcommands = candidates.flatMap(\.subcommands)
        let isSubcommand = words.count > 1 && subcommands.contains { $0.split(separator: " ").first == words[1][...] }
        if !isSubcommand || objections.count == candidates.count, let objection = objections.first {
            throw ToolRefusal(objection)
        }
        let forms = subcommands.map { "\(program) \($0)" }
        throw ToolRefusal(
            "\(VisibleText.quoted(words.prefix(2).joined(separator: " "))) is not allowed. Allowed: \(forms.joined(separator: ", "))."
        )
    }

    /// Every program that a rule names, sorted.
    package var programs: [String] { Set(rules.flatMap(\.programs)).sorted() }

    private func unknown(_ program: String) -> ToolRefusal {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        if let sentence = refusals[name] { return Self.refusal(name, sentence) }
        if program.contains("="), !program.hasPrefix("=") {
            return ToolRefusal("Variables cannot be set for a command. Begin with the program.")
        }
        if program.contains("/"), programs.contains(name) {
            return ToolRefusal("Name the program without its path: \(name).")
        }
        let near = nearest(to: name, among: programs).map { " Did you mean \($0)?" } ?? ""
        return ToolRefusal(
            "\(VisibleText.quoted(program)) is not among the commands that may be run.\(near) These are: \(programs.joined(separator: ", "))."
        )
    }

    private static func refusal(_ what: String, _ sentence: String) -> ToolRefusal {
        ToolRefusal("\(what) may not be run. \(sentence)")
    }
}

// MARK: - As JSON

extension CommandRules {
    /// As it is printed, and read by ``init(_:)``.
    package var json: JSON {
        let sentences = refusals.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
        return ["rules": .array(rules.map(\.json)), "refusals": .object(JSONObject(sentences))]
    }

    package init(_ json: JSON) throws(InvalidInput) {
        var reader = try ObjectReader(json)
        let rules = try reader.required("rules") { $0.list("rules", CommandRule.init) }
        var refusals: [String: String] = [:]
        for (key, value) in reader.object("refusals")?.members ?? [] {
            guard let sentence = value.stringValue else {
                reader.complain("refusals", "must hold sentences; \(key) is \(value.typeName)")
                continue
            }
            refusals[key] = sentence
        }
        try reader.finish()
        self.init(rules: rules, refusals: refusals)
    }
}

extension CommandRule {
    var json: JSON {
        var object: JSONObject = ["programs": .array(programs.map(JSON.string))]
        if !subcommands.isEmpty { object.append("subcommands", .array(subcommands.map(JSON.string))) }
        switch options {
        case .any: break
        case .only(let list): object.append("options", .array(list.map(JSON.string)))
        case .except(let list): object.append("refusedOptions", .array(list.map(JSON.string)))
        }
        if operands != .paths { object.append("operands", .string(operands.rawValue)) }
        if !insert.isEmpty { object.append("insert", .array(insert.map(JSON.string))) }
        return .object(object)
    }

    init(_ reader: inout ObjectReader) throws(InvalidInput) {
        let programs = try reader.required("programs") { $0.strings("programs") }
        let subcommands = reader.strings("subcommands") ?? []
        let only = reader.strings("options")
        let except = reader.strings("refusedOptions")
        if only != nil, except != nil {
            reader.complain("refusedOptions", "cannot stand beside options: give one of them")
        }
        let operands = reader.choice("operands", of: Operands.self) ?? .paths
        let insert = reader.strings("insert") ?? []
        try reader.finish()
        let options = only.map(Options.only) ?? except.map(Options.except) ?? .any
        self.init(programs, subcommands, options: options, operands: operands, insert: insert)
    }
}
