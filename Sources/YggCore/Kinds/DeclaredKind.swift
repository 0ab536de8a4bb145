/// A kind that a household adds without a compiler: an argv template with typed parameters.
///
/// A parameter is one whole argument or a part of one and is put in once, so no value can add an argument, open a
/// second placeholder or, where the command is a shell, become part of the script.
package struct DeclaredKind: Sendable, Hashable {
    package var spec: KindSpec
    /// The command and its arguments, with `{{name}}` where a parameter goes.
    package var run: [String]
    /// What the command's environment has besides the usual; taken as it is written.
    package var env: [String: String]
    /// Where the command starts; nil is the executor's workspace root.
    package var workingDirectory: String?

    package init(
        spec: KindSpec,
        run: [String],
        env: [String: String] = [:],
        workingDirectory: String? = nil
    ) {
        self.spec = spec
        self.run = run
        self.env = env
        self.workingDirectory = workingDirectory
    }

    /// The command for these parameters, which were checked against `spec`. A parameter without a value is empty text,
    /// so that no argument ever moves to another's place; one of several values, standing alone, is as many arguments.
    package func argv(params: JSONObject) -> [String] {
        run.flatMap { argument -> [String] in
            let pieces = TemplatePiece.pieces(of: argument)
            if pieces.count == 1, case .placeholder(let name) = pieces[0], case .array(let values)? = params[name] {
                return values.map(text)
            }
            let expanded = pieces.map { piece in
                switch piece {
                case .text(let text): text
                case .placeholder(let name): params[name].map(text) ?? ""
                }
            }
            return [expanded.joined()]
        }
    }

    private func text(_ value: JSON) -> String {
        switch value {
        case .string(let string): string
        case .int(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .null, .double, .array, .object: value.text
        }
    }
}

// MARK: - Reading

extension DeclaredKind {
    /// Reads one element of `handlers:`.
    /// - Throws: `InvalidInput` with a pointer to everything that is wrong with it.
    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let kind = Self.kind(&reader)
        let params = Self.params(&reader)
        let timeout = Self.duration("timeout", &reader)
        let tier = Self.tier(&reader)
        let retry = reader.nested("retry") { nested throws(InvalidInput) in Self.retry(&nested) }
        let declared = DeclaredKind(
            spec: KindSpec(
                kind: kind ?? TaskKind(trusted: "not-read"),
                description: reader.string("description") ?? "",
                params: params,
                slots: Self.slots(&reader),
                timeout: timeout,
                retry: retry ?? RetryPolicy(),
                onLost: reader.choice("onLost", of: OnLost.self),
                tier: tier,
                prefetch: reader.bool("prefetch") ?? false,
                origin: .declared,
                secrets: SecretUse.read("secrets", &reader) ?? []
            ),
            run: reader.strings("run") ?? [],
            env: Self.env(&reader),
            workingDirectory: reader.string("workingDirectory")
        )
        // Where a part could not be read, complaints about how the parts fit would only follow from that.
        if reader.issues.isEmpty || kind == nil {
            reader.adopt(InvalidInput(issues: declared.problems(at: reader.pointer)))
        }
        try reader.finish()
        self = declared
    }

    private static func kind(_ reader: inout ObjectReader) -> TaskKind? {
        guard let text = reader.string("kind", maxLength: 64) else {
            if reader.object["kind"] == nil { reader.complain("kind", "is required: prefix-verb, as in ops-sleep") }
            return nil
        }
        guard let kind = TaskKind(text) else {
            reader.complain("kind", "must look like prefix-verb in lower case, not \"\(text)\"")
            return nil
        }
        return kind
    }

    private static func params(_ reader: inout ObjectReader) -> [ParameterSpec] {
        guard let object = reader.object("params") else { return [] }
        let names = ObjectReader(object, at: reader.path("params"))
        var params: [ParameterSpec] = []
        for member in object.members {
            do throws(InvalidInput) {
                var nested = try ObjectReader(member.value, at: names.path(member.key))
                params.append(try ParameterSpec(name: member.key, reading: &nested))
            } catch {
                reader.adopt(error)
            }
        }
        return params
    }

    private static func duration(_ key: String, _ reader: inout ObjectReader) -> Milliseconds? {
        guard let text = reader.string(key) else { return nil }
        guard let duration = Milliseconds(parsing: text) else {
            reader.complain(key, "must be a duration such as 500ms, 30s, 10m, 2h or 7d, not \"\(text)\"")
            return nil
        }
        return duration
    }

    private static func retry(_ reader: inout ObjectReader) -> RetryPolicy {
        let defaults = RetryPolicy()
        return RetryPolicy(
            maxAttempts: reader.int("maxAttempts", in: 1...100).map { Int($0) } ?? defaults.maxAttempts,
            backoff: duration("backoff", &reader) ?? defaults.backoff,
            maxBackoff: duration("maxBackoff", &reader) ?? defaults.maxBackoff,
            nonRetryable: reader.strings("nonRetryable") ?? defaults.nonRetryable
        )
    }

    private static func slots(_ reader: inout ObjectReader) -> Slots {
        guard let value = reader.value("slots") else { return .one }
        do throws(InvalidInput) {
            return try Slots(value, at: reader.path("slots"))
        } catch {
            reader.adopt(error)
            return .one
        }
    }

    private static func tier(_ reader: inout ObjectReader) -> [Tier] { reader.tiers("tier") ?? [] }

    private static func env(_ reader: inout ObjectReader) -> [String: String] {
        guard let object = reader.object("env") else { return [:] }
        let names = ObjectReader(object, at: reader.path("env"))
        var env: [String: String] = [:]
        for (key, value) in object.members {
            switch value {
            case .string(let text): env[key] = text
            case .int(let number): env[key] = String(number)
            case .bool(let flag): env[key] = flag ? "true" : "false"
            case .null, .double, .array, .object:
                reader.adopt(InvalidInput(names.path(key), "must be a string, not \(value.typeName)"))
            }
        }
        return env
    }
}

// MARK: - Templates

/// An argument is made of these. `{{` that begins no placeholder is text, so that templates of other programs
/// (`docker ps --format '{{.Names}}'`) can be written.
enum TemplatePiece {
    case text(String)
    case placeholder(String)

    var placeholderName: String? { if case .placeholder(let name) = self { name } else { nil } }
    var isPlaceholder: Bool { placeholderName != nil }

    static func pieces(of argument: String) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        var text = ""
        var rest = argument[...]
        while let open = rest.firstRange(of: "{{") {
            text += rest[..<open.lowerBound]
            rest = rest[open.lowerBound...]
            guard let close = rest.firstRange(of: "}}"), isName(rest[open.upperBound..<close.lowerBound]) else {
                text.append(rest.removeFirst())
                continue
            }
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
            pieces.append(.placeholder(String(rest[open.upperBound..<close.lowerBound])))
            rest = rest[close.upperBound...]
        }
        text += rest
        if !text.isEmpty || pieces.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        return first != UInt8(ascii: "-") && first != UInt8(ascii: ".") && !(48...57).contains(first)
            && text.utf8.allSatisfy { isIDByte($0) && $0 != UInt8(ascii: ".") }
    }
}
