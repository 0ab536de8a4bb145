/// One way in which programs may be run: data, so that it can be shown, and changed by whoever runs the executor.
package struct CommandRule: Sendable, Hashable {
    /// Words that begin with a dash.
    ///
    /// An option is spelled as it is written: `-v`, `--verbose`, `-name`. In a list of what is allowed, one that ends
    /// with `=` takes a value (`-n=` allows `-n 5` and `-n5`, `--max-count=` allows `--max-count 5` and
    /// `--max-count=5`), `-#` stands for a number (`-20`), and single letters may be put together.
    package enum Options: Sendable, Hashable {
        case any
        case only([String])
        /// With any value, and in every way to spell it.
        case except([String])
    }

    /// The other words.
    package enum Operands: String, Sendable, Hashable, CaseIterable {
        /// None.
        case none
        /// Paths, targets, names: whatever they are, none of them may be a path that leads out of the workspace.
        case paths
        /// The first is a pattern, the rest as above.
        case patternThenPaths = "pattern-then-paths"
        /// The first is lines for `sed` to print, such as `10,20p`.
        case linesThenPaths = "lines-then-paths"
        /// The first is a script of the workspace. What comes after it is for the script.
        case script
        /// Words that nothing is done with.
        case text
    }

    /// By these names, any of them.
    package var programs: [String]
    /// One of these has to come first, word by word; empty for none.
    package var subcommands: [String]
    package var options: Options
    package var operands: Operands
    /// What is put in after program and subcommand.
    package var insert: [String]

    package init(
        _ programs: [String],
        _ subcommands: [String] = [],
        options: Options = .any,
        operands: Operands = .paths,
        insert: [String] = []
    ) {
        self.programs = programs
        self.subcommands = subcommands
        self.options = options
        self.operands = operands
        self.insert = insert
    }
}

// MARK: - Reading a command by it

extension CommandRule {
    /// A command that the rule allows.
    struct Permitted: Sendable, Hashable {
        var argv: [String]
        /// The words of it that may be paths: where they lead is left to look up.
        var paths: [String]
    }

    /// Why it does not.
    enum Objection: Error, Hashable {
        /// Another rule for the program may be meant.
        case otherSubcommand
        case sentence(String)
    }

    /// - Parameter words: The first is one of the programs.
    func permit(_ words: [String]) throws(Objection) -> Permitted {
        let program = words[0]
        guard let lead = lead(of: words.dropFirst()) else { throw .otherSubcommand }
        var reading = Reading(rest: words.dropFirst(1 + lead.count))
        while let word = reading.rest.popFirst() {
            if word == "--", !reading.optionsAreOver {
                reading.optionsAreOver = true
            } else if word == "-" {
                throw .sentence(
                    "\(program) cannot read from its standard input (-): there is nothing in it. Name a file."
                )
            } else if word.hasPrefix("-"), !reading.optionsAreOver {
                try read(option: word, of: program, &reading)
            } else {
                try read(operand: word, of: program, &reading)
            }
        }
        if operands == .script, reading.operands == 0 {
            throw .sentence("\(program) needs a script of the workspace to run.")
        }
        return Permitted(argv: [program] + lead + insert + words.dropFirst(1 + lead.count), paths: reading.paths)
    }

    private struct Reading {
        var rest: ArraySlice<String>
        var optionsAreOver = false
        var operands = 0
        var paths: [String] = []
    }

    private func lead(of words: ArraySlice<String>) -> [String]? {
        guard !subcommands.isEmpty else { return [] }
        return subcommands.map { $0.split(separator: " ").map(String.init) }
            .filter { words.starts(with: $0) }.max { $0.count < $1.count }
    }

    private func read(operand word: String, of program: String, _ reading: inout Reading) throws(Objection) {
        reading.operands += 1
        let isFirst = reading.operands == 1
        switch operands {
        case .none: throw .sentence("\(program) takes no \(VisibleText.quoted(word)) here.")
        case .text: return
        case .patternThenPaths where isFirst: return
        case .linesThenPaths where isFirst:
            guard Self.isLines(word) else {
                throw .sentence(
                    "\(program) may only print lines, as in sed -n 10,20p FILE. Change files with edit_file."
                )
            }
        case .paths, .patternThenPaths, .linesThenPaths: reading.paths.append(word)
        case .script:
            reading.paths.append(word)
            guard isFirst else { return }
            // The script's own, even where they look like options of its interpreter.
            reading.paths += reading.rest
            reading.rest = []
        }
    }

    /// `10p`, `10,20p`, `$p`.
    private static func isLines(_ word: String) -> Bool {
        guard word.last == "p" else { return false }
        let ends = word.dropLast().split(separator: ",", omittingEmptySubsequences: false)
        return (1...2).contains(ends.count)
            && ends.allSatisfy { $0 == "$" || !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }
    }
}

// MARK: - Options

extension CommandRule {
    private func read(option word: String, of program: String, _ reading: inout Reading) throws(Objection) {
        switch options {
        case .any: reading.paths.append(word)
        case .except(let refused):
            if let refused = refused.first(where: { Self.spells(word, $0) }) {
                throw .sentence("\(program) may not be run with \(refused).")
            }
            reading.paths.append(word)
        case .only(let allowed):
            guard let values = Self.values(of: word, allowed, next: reading.rest.first) else {
                throw .sentence(
                    "\(program) may not be run with \(VisibleText.quoted(word)). Allowed: \(allowed.isEmpty ? "no options" : allowed.joined(separator: " "))."
                )
            }
            reading.paths += values.attached
            if values.takesNext, let next = reading.rest.popFirst() { reading.paths.append(next) }
        }
    }

    /// Whether `word` may mean an option: as it is, with a value, among letters put together, or cut short.
    private static func spells(_ word: String, _ option: String) -> Bool {
        let name = word.prefix { $0 != "=" }
        if name == option { return true }
        if option.hasPrefix("--") {
            // Many programs take a long option by its beginning.
            return name.hasPrefix("--") && name.count >= 3 && option.hasPrefix(name)
        }
        guard option.count == 2, let letter = option.last, !word.hasPrefix("--") else { return false }
        // In front of its value, or among letters; a longer word is another option, or that one's value.
        let letters = word.dropFirst()
        return letters.first == letter
            || letters.count <= 3 && letters.contains(letter) && letters.allSatisfy { $0.isASCII && $0.isLetter }
    }

    /// The values that `word` brings along, or nil where it is not among the allowed.
    private static func values(
        of word: String,
        _ allowed: [String],
        next: String?
    ) -> (attached: [String], takesNext: Bool)? {
        if allowed.contains(word), !word.hasSuffix("=") { return ([], false) }
        if let equals = word.firstIndex(of: "="), allowed.contains(String(word[...equals])) {
            return ([String(word[word.index(after: equals)...])], false)
        }
        if allowed.contains(word + "=") { return ([], true) }
        guard !word.hasPrefix("--") else { return nil }
        let letters = word.dropFirst()
        if allowed.contains("-#"), letters.allSatisfy({ $0.isASCII && $0.isNumber }) { return ([], false) }
        for index in letters.indices {
            let letter = "-\(letters[index])"
            if allowed.contains(letter) { continue }
            guard allowed.contains(letter + "=") else { return nil }
            let value = letters[letters.index(after: index)...]
            return value.isEmpty ? ([], true) : ([String(value)], false)
        }
        return ([], false)
    }
}
