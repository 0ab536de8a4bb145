import ArgumentParser
import YggCore

/// The parameters of a task, as `ygg task submit` and `ygg run` take them.
///
/// Three ways that mean the same: `-p name=value`, `--params JSON`, and, after the kind, any option that the command
/// itself does not know: `--name value` or `--name=value`. A flag alone (`--stat`) is `true`. A parameter that has the
/// name of one of the command's own options needs `-p`. A name that is given several times becomes a list.
struct ParameterArguments: ParsableArguments {
    @Option(
        name: [.customShort("p"), .customLong("param")],
        help: ArgumentHelp(
            "A parameter. Repeatable; the same name again makes a list, and so does an array of JSON.",
            valueName: "name=value"
        )
    )
    var assignments: [String] = []

    @Option(help: ArgumentHelp("Parameters as a JSON object.", valueName: "json|@file|-"))
    var params: String?

    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp("After the kind, --name value means -p name=value.", valueName: "--name value")
    )
    var options: [String] = []

    /// The parameters with the types they have: JSON's for `--params`, text for the others.
    func resolve() throws -> JSONObject {
        var base = JSONObject()
        if let params {
            do {
                guard let object = try JSON(parsing: try TextArgument.read(params, option: "--params")).objectValue
                else { throw CommandFailure.usage("--params must be a JSON object such as {\"repo\": \".\"}.") }
                base = object
            } catch let error as JSONSyntaxError {
                throw CommandFailure.usage("--params is \(error).")
            }
        }
        let parameters = try Parameters.merge(base: base, assignments: assignments, options: options)
        return Parameters.resolvingRepository(
            parameters,
            workingDirectory: ProcessContext.workingDirectory,
            home: ProcessContext.variable("HOME")
        )
    }
}

/// How arguments become parameters. Pure, for both commands and for tests.
enum Parameters {
    /// Names on the command line win over those in `base`.
    static func merge(base: JSONObject, assignments: [String], options: [String]) throws -> JSONObject {
        var given: [(name: String, value: String)] = []
        for assignment in assignments {
            guard let (name, value) = split(assignment) else {
                throw CommandFailure.usage("-p must be name=value, not \"\(assignment)\".")
            }
            given.append((name, value))
        }
        given += try pairs(options)
        var merged = base
        for name in Set(given.map(\.name)) { merged[name] = nil }
        for (name, value) in given {
            switch merged[name] {
            case nil: merged[name] = .string(value)
            case .array(let values)?: merged[name] = .array(values + [.string(value)])
            case let first?: merged[name] = .array([first, .string(value)])
            }
        }
        return merged
    }

    private static func pairs(_ options: [String]) throws -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        var rest = options[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word.count > 2 else {
                throw CommandFailure.usage(
                    "\"\(word)\" stands where a parameter should.",
                    next: "Write --name value, or -p name=value."
                )
            }
            let option = String(word.dropFirst(2))
            if let pair = split(option) {
                pairs.append(pair)
            } else if let value = rest.first, !value.hasPrefix("--") {
                rest.removeFirst()
                pairs.append((option, value))
            } else {
                pairs.append((option, "true"))
            }
        }
        return pairs
    }

    private static func split(_ text: String) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// Makes a relative path in the parameter `repo` absolute: whoever runs the task stands somewhere else.
    static func resolvingRepository(
        _ parameters: JSONObject,
        workingDirectory: String,
        home: String?
    ) -> JSONObject {
        guard let text = parameters["repo"]?.stringValue, !isRemote(text), !text.isEmpty else { return parameters }
        var resolved = parameters
        resolved["repo"] = .string(absolute(text, workingDirectory, home))
        return resolved
    }

    /// `scheme://…`, or `host:path` as ssh writes it: a colon before the first slash.
    private static func isRemote(_ text: String) -> Bool {
        if text.contains("://") { return true }
        guard let colon = text.firstIndex(of: ":") else { return false }
        return !text[..<colon].contains("/")
    }

    private static func absolute(_ path: String, _ workingDirectory: String, _ home: String?) -> String {
        var path = path
        if let home, path == "~" || path.hasPrefix("~/") { path = home + path.dropFirst() }
        if !path.hasPrefix("/") { path = workingDirectory + "/" + path }
        var components: [Substring] = []
        for component in path.split(separator: "/") where component != "." {
            if component == ".." { _ = components.popLast() } else { components.append(component) }
        }
        return "/" + components.joined(separator: "/")
    }
}
