import YggCore
import YggProcess

/// Runs a kind that was declared in YAML: its argv, with the parameters put in.
struct DeclaredHandler: ProcessHandler {
    let declaration: DeclaredKind

    init(_ declaration: DeclaredKind) { self.declaration = declaration }

    var spec: KindSpec { declaration.spec }

    /// The exact command, and where it would run. Of the environment only the names: values may be secret.
    func plan(_ context: HandlerContext) async -> HandlerResult {
        do throws(HandlerFailure) {
            let argv = declaration.argv(params: try located(context))
            var shown: JSONObject = [
                "kind": .string(spec.kind.rawValue), "argv": .array(argv.map(JSON.string)),
                "workingDirectory": .string(declaration.workingDirectory ?? context.workspaceRoot),
            ]
            if !declaration.env.isEmpty {
                shown.append("env", .array(declaration.env.keys.sorted().map(JSON.string)))
            }
            return .asking(
                ApprovalQuestion(
                    subject: .command,
                    next: .run,
                    summary: "Would run: \(commandLine(argv).prefix(1000))",
                    limits: context.limits,
                    shown: shown
                )
            )
        } catch {
            return error.handlerResult
        }
    }

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let argv = declaration.argv(params: try located(run.context))
        let uses = spec.secretUses(params: run.context.params)
        return try await run.context.secrets.with(uses) { secrets throws(HandlerFailure) in
            try await carryOut(argv, secrets, run)
        }
    }

    private func carryOut(
        _ argv: [String],
        _ secrets: [String: String],
        _ run: AttemptRun
    ) async throws(HandlerFailure) -> JSONObject {
        let environment = run.context.environment.merging(declaration.env) { $1 }.merging(secrets) { $1 }
        let directory = declaration.workingDirectory ?? run.context.workspaceRoot
        if declaration.workingDirectory == nil {
            do { try LocalFiles.makeDirectory(directory) } catch { throw .unusableWorkspace(directory, error) }
        }
        let outcome = await run.stream(argv, in: directory, environment: environment)
        if let failure = await run.failure(outcome, of: argv, environment: environment) { throw failure }
        var result = outcome.resultMembers
        let command = argv.first ?? ""
        result.append("summary", .string("\(command) finished in \(seconds(outcome.duration))"))
        return result
    }

    /// Paths are checked here, on the machine whose files they name: symbolic links count.
    private func located(_ context: HandlerContext) throws(HandlerFailure) -> JSONObject {
        var params = context.params
        for parameter in spec.params {
            guard let text = params[parameter.name]?.stringValue else { continue }
            switch parameter.type {
            case .path(let root):
                params[parameter.name] = .string(try Self.path(text, inside: root, parameter: parameter.name))
            case .repository:
                if case .path(let path) = try RepositoryAddress(text) {
                    _ = try LocalRepository(at: path, roots: context.repositories)
                    params[parameter.name] = .string(path)
                }
            case .string, .integer, .number, .boolean, .object, .strings, .secret: break
            }
        }
        return params
    }

    /// The path without links, for one that exists or that could be made in a directory that exists. A relative one is
    /// taken from the root.
    static func path(_ text: String, inside root: String, parameter: String) throws(HandlerFailure) -> String {
        let refused = { (why: String) in
            HandlerFailure(code: "invalid-params", detail: "\(parameter): \(text) \(why).", retryable: false)
        }
        guard let resolvedRoot = LocalFiles.resolve(root) else { throw refused("cannot be used: there is no \(root)") }
        let absolute = text.hasPrefix("/") ? text : "\(root)/\(text)"
        var resolved = LocalFiles.resolve(absolute)
        if resolved == nil, !LocalFiles.isLink(absolute), let slash = absolute.lastIndex(of: "/") {
            let name = absolute[absolute.index(after: slash)...]
            let parent = LocalFiles.resolve(slash == absolute.startIndex ? "/" : String(absolute[..<slash]))
            if !["", ".", ".."].contains(name) { resolved = parent.map { $0 == "/" ? "/\(name)" : "\($0)/\(name)" } }
        }
        guard let resolved else { throw refused("does not exist") }
        guard isInside(resolved, resolvedRoot) else { throw refused("is not inside \(root)") }
        return resolved
    }
}

/// A length of time for a summary: `0.4 s`, `12 s`, `3 min 5 s`.
func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    if milliseconds < 10_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
    if milliseconds < 120_000 { return "\(milliseconds / 1000) s" }
    return "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
}

/// A command as a person reads it: arguments that are more than a plain word stand in quotes.
func commandLine(_ argv: [String]) -> String {
    argv.map { argument in
        let isPlain = argument.utf8.allSatisfy { isPlainByte($0) } && !argument.isEmpty
        return isPlain ? argument : "'\(argument.replacing("'", with: "'\\''"))'"
    }.joined(separator: " ")
}

private func isPlainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "-_./:=,@+%".utf8.contains(byte)
    }
}
