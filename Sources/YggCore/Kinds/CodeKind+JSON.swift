extension CodeKind {
    /// As it is declared, and read by ``init(reading:)``.
    package var json: JSON {
        [
            "kind": .string(kind.rawValue), "description": .string(description), "prompt": .string(prompt),
            "params": .object(JSONObject(params.map { ($0.name, .object($0.json)) })),
            "needsOneOf": .array(needsOneOf.map(JSON.string)), "language": .string(language),
            "tier": .array(tier.map { .string($0.rawValue) }), "verification": .string(verification.rawValue),
            "mode": .string(mode.rawValue),
        ]
    }

    /// Reads one element of `codeKinds:`.
    /// - Throws: `InvalidInput` with a pointer to everything that is wrong with it.
    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let kind = Self.kind(&reader)
        let params = Self.params(&reader)
        let prompt = reader.string("prompt") ?? ""
        if reader.object["prompt"] == nil
            || prompt.allSatisfy(\.isWhitespace) && reader.object["prompt"]?.stringValue != nil
        {
            reader.complain("prompt", "is required: what the model is told, with {{name}} where a parameter goes")
        }
        let names = Set((Self.commonParams + params).map(\.name))
        let mean = { (name: String, names: Set<String>) in
            nearest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
        }
        let known = names.union(Self.facts)
        for case .placeholder(let name) in TemplatePiece.pieces(of: prompt) where !known.contains(name) {
            reader.complain("prompt", "{{\(name)}} is not among params\(mean(name, known))")
        }
        let needed = reader.strings("needsOneOf") ?? []
        for name in needed where !names.contains(name) {
            reader.complain("needsOneOf", "\(name) is not among params\(mean(name, names))")
        }
        let code = CodeKind(
            kind: kind ?? TaskKind(trusted: "code-not-read"),
            description: reader.string("description") ?? "",
            prompt: prompt,
            params: params,
            needsOneOf: needed,
            language: reader.string("language", maxLength: 40) ?? "python",
            tier: reader.tiers("tier") ?? [.review],
            verification: reader.choice("verification", of: Verification.self) ?? .test,
            mode: reader.choice("mode", of: Mode.self) ?? .auto
        )
        try reader.finish()
        self = code
    }

    private static func kind(_ reader: inout ObjectReader) -> TaskKind? {
        guard let text = reader.string("kind", maxLength: 64) else {
            if reader.object["kind"] == nil { reader.complain("kind", "is required: code-verb, as in code-translate") }
            return nil
        }
        guard let kind = TaskKind(text), kind.prefix == "code-" else {
            reader.complain("kind", "must look like code-verb in lower case, not \"\(text)\"")
            return nil
        }
        if standard(kind) != nil {
            reader.complain("kind", "\(kind) is built in; choose another verb")
        }
        return kind
    }

    private static func params(_ reader: inout ObjectReader) -> [ParameterSpec] {
        guard let object = reader.object("params") else { return [] }
        let names = ObjectReader(object, at: reader.path("params"))
        let taken = commonParams.map(\.name) + facts
        var params: [ParameterSpec] = []
        for member in object.members {
            if taken.contains(member.key) {
                reader.adopt(
                    InvalidInput(
                        names.path(member.key),
                        "has a meaning in every kind of work on code; choose another name"
                    )
                )
            } else if !TemplatePiece.isName(member.key[...]) {
                reader.adopt(
                    InvalidInput(
                        names.path(member.key),
                        "is no name for a parameter: a letter, then letters, digits, - and _"
                    )
                )
            }
            do throws(InvalidInput) {
                var nested = try ObjectReader(member.value, at: names.path(member.key))
                let parameter = try ParameterSpec(name: member.key, reading: &nested)
                switch parameter.type {
                case .secret, .repository, .path:
                    reader.adopt(
                        InvalidInput(
                            "\(names.path(member.key))/type",
                            "must be string, integer, boolean or strings: it goes to a model"
                        )
                    )
                case .string, .integer, .boolean, .strings, .number, .object: params.append(parameter)
                }
            } catch {
                reader.adopt(error)
            }
        }
        return params
    }
}
