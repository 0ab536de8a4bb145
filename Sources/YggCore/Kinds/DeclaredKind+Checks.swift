extension DeclaredKind {
    /// What is wrong with how the parts of the declaration fit together, each with a pointer below `pointer`.
    package func problems(at pointer: String = "") -> [InvalidInput.Issue] {
        runProblems(at: pointer) + parameterProblems(at: pointer) + surroundingProblems(at: pointer)
            + secretProblems(at: pointer)
    }

    private func runProblems(at pointer: String) -> [InvalidInput.Issue] {
        guard let command = run.first, !command.isEmpty else {
            return [
                .init(pointer: "\(pointer)/run", detail: "must be a command and its arguments, as in [sleep, \"5\"]")
            ]
        }
        var issues: [InvalidInput.Issue] = []
        if TemplatePiece.pieces(of: command).contains(where: \.isPlaceholder) {
            issues.append(
                .init(
                    pointer: "\(pointer)/run/0",
                    detail: "is the command and must be fixed: no parameter may choose it"
                )
            )
        }
        for (index, argument) in run.enumerated() {
            let place = "\(pointer)/run/\(index)"
            if argument.utf8.contains(0) { issues.append(.init(pointer: place, detail: "contains a NUL byte")) }
            let pieces = TemplatePiece.pieces(of: argument)
            for case .placeholder(let name) in pieces {
                if let use = secretUse(named: name) {
                    let detail =
                        "{{\(name)}} is a secret, and every user of a machine can read the arguments of its commands; "
                        + "the command finds it in the variable \(use.variable)"
                    issues.append(.init(pointer: place, detail: detail))
                    continue
                }
                guard let parameter = spec.params.first(where: { $0.name == name }) else {
                    let near = nearest(to: name, among: spec.params.map(\.name)).map { "; did you mean \"\($0)\"?" }
                    issues.append(.init(pointer: place, detail: "{{\(name)}} is not among params\(near ?? "")"))
                    continue
                }
                if parameter.type == .strings, pieces.count > 1 {
                    issues.append(
                        .init(pointer: place, detail: "{{\(name)}} has several values and must be a whole argument")
                    )
                }
            }
        }
        issues += scriptArguments(of: run).filter { TemplatePiece.pieces(of: run[$0]).contains(where: \.isPlaceholder) }
            .map {
                let detail =
                    "says what an interpreter runs, where a parameter could smuggle in commands; hand it over as an "
                    + "argument: [sh, -c, 'sleep \"$1\"', sh, \"{{seconds}}\"]"
                return .init(pointer: "\(pointer)/run/\($0)", detail: detail)
            }
        return issues + remoteProblems(at: pointer)
    }

    /// What stands behind `ssh` is put together to one text, which a shell reads at the other end.
    private func remoteProblems(at pointer: String) -> [InvalidInput.Issue] {
        guard let index = run.firstIndex(where: { remoteShells.contains(commandName($0)) }) else { return [] }
        return run.indices.dropFirst(index + 1).flatMap { place in
            TemplatePiece.pieces(of: run[place]).compactMap(\.placeholderName).filter { !isHarmless($0) }.map { name in
                let detail =
                    "{{\(name)}} would be read by the shell at the other end of \(commandName(run[index])): only "
                    + "numbers, booleans and strings with an enum can stand there"
                return .init(pointer: "\(pointer)/run/\(place)", detail: detail)
            }
        }
    }

    /// Whether the declaration itself fixes what a parameter can be. One that is not declared is complained of elsewhere.
    private func isHarmless(_ name: String) -> Bool {
        switch spec.params.first(where: { $0.name == name })?.type {
        case .string(_, let choices): !choices.isEmpty
        case .object, .path, .repository, .strings, .secret: false
        case .integer, .number, .boolean, nil: true
        }
    }

    private func parameterProblems(at pointer: String) -> [InvalidInput.Issue] {
        let used = Set(run.flatMap { TemplatePiece.pieces(of: $0) }.compactMap(\.placeholderName))
        return spec.params.compactMap { parameter in
            let place = ObjectReader(JSONObject(), at: "\(pointer)/params").path(parameter.name)
            if !TemplatePiece.isName(parameter.name[...]) {
                return .init(
                    pointer: place,
                    detail: "is no name for a parameter: a letter, then letters, digits, - and _"
                )
            }
            if case .string(let pattern?, _) = parameter.type, let problem = patternProblem(pattern) {
                return .init(pointer: "\(place)/pattern", detail: "does not compile: \(problem)")
            }
            if case .secret = parameter.type { return nil }
            if !used.contains(parameter.name) {
                return .init(pointer: place, detail: "is never used: put {{\(parameter.name)}} into run, or remove it")
            }
            return nil
        }
    }

    private func surroundingProblems(at pointer: String) -> [InvalidInput.Issue] {
        var issues: [InvalidInput.Issue] = []
        let fixed = "is taken as it is written: parameters stand in run only"
        for (name, value) in env.sorted(by: { $0.key < $1.key }) {
            let place = ObjectReader(JSONObject(), at: "\(pointer)/env").path(name)
            if name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) || name.utf8.contains(0) || value.utf8.contains(0)
            {
                issues.append(.init(pointer: place, detail: "is no environment variable"))
            } else if TemplatePiece.pieces(of: value).contains(where: \.isPlaceholder) {
                issues.append(.init(pointer: place, detail: fixed))
            }
        }
        if let directory = workingDirectory {
            let place = "\(pointer)/workingDirectory"
            if TemplatePiece.pieces(of: directory).contains(where: \.isPlaceholder) {
                issues.append(.init(pointer: place, detail: fixed))
            } else if !directory.hasPrefix("/") {
                issues.append(.init(pointer: place, detail: "must be an absolute path, not \"\(directory)\""))
            }
        }
        return issues
    }
}

// MARK: - Secrets

extension DeclaredKind {
    private var parameterSecrets: [(parameter: String, use: SecretUse)] {
        spec.params.compactMap { parameter in
            guard case .secret(_, let variable, let asFile) = parameter.type else { return nil }
            return (parameter.name, SecretUse(variable: variable, secret: "", asFile: asFile))
        }
    }

    /// What a placeholder of this name would put into an argument: the secret of a parameter, or one of the kind's own.
    private func secretUse(named name: String) -> SecretUse? {
        parameterSecrets.first { $0.parameter == name }?.use
            ?? spec.secrets.first { use in use.secret == name && !spec.params.contains { $0.name == name } }
    }

    private func secretProblems(at pointer: String) -> [InvalidInput.Issue] {
        let own = ObjectReader(JSONObject(), at: "\(pointer)/secrets")
        let params = ObjectReader(JSONObject(), at: "\(pointer)/params")
        let places =
            spec.secrets.map { (own.path($0.variable), $0.variable) }
            + parameterSecrets.map { ("\(params.path($0.parameter))/variable", $0.use.variable) }
        var taken = Set(env.keys)
        return places.compactMap { place, variable in
            if let problem = SecretUse.problem(withVariable: variable) { return .init(pointer: place, detail: problem) }
            guard taken.insert(variable).inserted else {
                return .init(pointer: place, detail: "\(variable) has another value already; choose another variable")
            }
            return nil
        }
    }
}

// MARK: - Interpreters

/// Which arguments decide what a shell or another interpreter runs, wherever in the command it stands
/// (`env LANG=C sh -c …`, `timeout 5 bash -ec …`, `python3 -c …`): its options, one of which a parameter could turn
/// into `-c`, and what follows them, be it a script's text or its file.
private func scriptArguments(of argv: [String]) -> [Int] {
    var found: [Int] = []
    for index in argv.indices {
        let name = commandName(argv[index])
        if ["su", "runuser"].contains(name) { return found + Array(argv.indices.dropFirst(index + 1)) }
        // What follows an interpreter's script is handed to it as data.
        if interpreters.contains(name) || interpreters.contains(withoutVersion(name)) {
            return found + codeArguments(of: argv, after: index)
        }
        if name == "env" { found += splitArguments(of: argv, after: index) }
    }
    return found
}

private let interpreters: Set = [
    "sh", "bash", "dash", "zsh", "ksh", "mksh", "ash", "fish", "csh", "tcsh", "python", "perl", "ruby", "node",
    "nodejs", "php", "lua",
]

private let remoteShells: Set = ["ssh", "slogin", "rsh", "autossh", "mosh", "dbclient"]

/// The last part of a path.
private func commandName(_ argument: String) -> String { argument.split(separator: "/").last.map(String.init) ?? "" }

/// `python` for `python3.11`.
private func withoutVersion(_ name: String) -> String {
    let digits = name.reversed().prefix { $0 == "." || ("0"..."9").contains($0) }
    return String(name.dropLast(digits.count))
}

private func codeArguments(of argv: [String], after index: Int) -> [Int] {
    var next = index + 1
    while next < argv.count, argv[next].hasPrefix("-") || argv[next].hasPrefix("+") {
        let option = argv[next]
        next += 1
        if option == "--" { break }
        // `-o pipefail` has a value, and is not the option that brings the script.
        if !option.hasPrefix("--"), option.hasSuffix("o"), next < argv.count { next += 1 }
    }
    return Array(argv.indices[(index + 1)..<min(next + 1, argv.count)])
}

/// `env -S` splits one text into a command of its own.
private func splitArguments(of argv: [String], after index: Int) -> [Int] {
    argv.indices.dropFirst(index + 1).filter { place in
        let before = argv[place - 1]
        return before == "-S" || before == "--split-string" || argv[place].hasPrefix("--split-string=")
            || argv[place].hasPrefix("-S")
    }
}
