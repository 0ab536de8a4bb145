extension KindSpec {
    package var json: JSONObject {
        var object = JSONObject()
        object.append("kind", .string(kind.rawValue))
        object.append("description", .string(description))
        object.append("params", .object(JSONObject(params.map { ($0.name, .object($0.json)) })))
        object.append("slots", slots.json)
        object.append("timeoutMs", .optional(timeout?.rawValue))
        object.append("retry", .object(retry.json))
        object.append("onLost", .string(onLost.rawValue))
        object.append("tier", .array(tier.map { .string($0.rawValue) }))
        object.append("prefetch", .bool(prefetch))
        object.append("origin", .string(origin.rawValue))
        if acceptsAnyParams { object.append("acceptsAnyParams", true) }
        if !secrets.isEmpty { object.append("secrets", .object(SecretUse.json(secrets))) }
        if asksModel { object.append("asksModel", true) }
        if !needsOneOf.isEmpty { object.append("needsOneOf", .array(needsOneOf.map(JSON.string))) }
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let text = try reader.required("kind") { $0.string("kind", maxLength: 64) }
        guard let kind = TaskKind(text) else {
            throw InvalidInput(reader.path("kind"), "must look like prefix-verb in lower case, not \"\(text)\"")
        }
        let params = reader.nested("params") { params in
            params.object.keys.compactMap { name in
                params.nested(name) { member throws(InvalidInput) in try ParameterSpec(name: name, reading: &member) }
            }
        }
        self.init(
            kind: kind,
            description: reader.string("description") ?? "",
            params: params ?? [],
            slots: try reader.value("slots").map { json throws(InvalidInput) in
                try Slots(json, at: reader.path("slots"))
            } ?? .one,
            timeout: reader.int("timeoutMs", in: 0...Int64.max).map { Milliseconds($0) },
            retry: reader.nested("retry") { nested in RetryPolicy(reading: &nested) } ?? RetryPolicy(),
            onLost: reader.choice("onLost", of: OnLost.self),
            tier: (reader.strings("tier") ?? []).compactMap(Tier.init(rawValue:)),
            prefetch: reader.bool("prefetch") ?? false,
            origin: reader.choice("origin", of: Origin.self) ?? .declared,
            acceptsAnyParams: reader.bool("acceptsAnyParams") ?? false,
            secrets: SecretUse.read("secrets", &reader) ?? [],
            asksModel: reader.bool("asksModel") ?? false,
            needsOneOf: reader.strings("needsOneOf") ?? []
        )
    }
}

extension ParameterSpec {
    package var json: JSONObject {
        var object = JSONObject()
        switch type {
        case .string(let pattern, let choices):
            object.append("type", "string")
            object.append("pattern", .optional(pattern))
            if !choices.isEmpty { object.append("enum", .array(choices.map(JSON.string))) }
        case .integer(let min, let max):
            object.append("type", "integer")
            if min != Int64.min { object.append("min", .int(min)) }
            if max != Int64.max { object.append("max", .int(max)) }
        case .number(let min, let max):
            object.append("type", "number")
            if min.isFinite { object.append("min", .double(min)) }
            if max.isFinite { object.append("max", .double(max)) }
        case .boolean: object.append("type", "boolean")
        case .object: object.append("type", "object")
        case .path(let root):
            object.append("type", "path")
            object.append("root", .string(root))
        case .repository: object.append("type", "repository")
        case .strings: object.append("type", "strings")
        case .secret(let choices, let variable, let asFile):
            object.append("type", "secret")
            object.append("enum", .array(choices.map(JSON.string)))
            object.append("variable", .string(variable))
            if asFile { object.append("file", true) }
        }
        if isRequired != (fallback == nil) { object.append("required", .bool(isRequired)) }
        object.append("default", fallback)
        if allowDash { object.append("allowDash", true) }
        if !description.isEmpty { object.append("description", .string(description)) }
        return object
    }

    /// Reads one parameter as declarations and registrations write it. Without `required` a parameter is required
    /// exactly when it has no default.
    package init(name: String, reading reader: inout ObjectReader) throws(InvalidInput) {
        let word = try reader.required("type") { $0.string("type") }
        let type: ValueType
        switch word {
        case "string":
            let pattern = reader.string("pattern")
            if let pattern, let problem = patternProblem(pattern) {
                reader.complain("pattern", "does not compile: \(problem)")
            }
            type = .string(pattern: pattern, choices: reader.strings("enum") ?? [])
        case "integer":
            let min = reader.int("min") ?? Int64.min
            let max = reader.int("max") ?? Int64.max
            if min > max { reader.complain("min", "is greater than max") }
            type = .integer(min: min, max: max)
        case "number":
            let min = reader.number("min") ?? -.infinity
            let max = reader.number("max") ?? .infinity
            if min > max { reader.complain("min", "is greater than max") }
            type = .number(min: min, max: max)
        case "boolean": type = .boolean
        case "object": type = .object
        case "path": type = .path(root: try reader.required("root") { $0.string("root") })
        case "repository": type = .repository
        case "strings": type = .strings
        case "secret":
            type = .secret(
                choices: reader.strings("enum") ?? [],
                variable: try reader.required("variable") { $0.string("variable") },
                asFile: reader.bool("file") ?? false
            )
        default:
            reader.complain(
                "type",
                "must be one of string, integer, number, boolean, object, path, repository, strings, secret, "
                    + "not \"\(word)\""
            )
            throw InvalidInput(issues: reader.issues)
        }
        let fallback = reader.value("default")
        self.init(
            name,
            type,
            required: reader.bool("required") ?? (fallback == nil),
            default: fallback,
            allowDash: reader.bool("allowDash") ?? false,
            description: reader.string("description") ?? ""
        )
        if let fallback {
            do throws(InvalidInput) { _ = try check(fallback, at: reader.path("default")) } catch {
                reader.adopt(error)
            }
        }
        try reader.finish()
    }
}

extension RetryPolicy {
    package var json: JSONObject {
        [
            "maxAttempts": .int(Int64(maxAttempts)), "backoffMs": .int(backoff.rawValue),
            "maxBackoffMs": .int(maxBackoff.rawValue), "nonRetryable": .array(nonRetryable.map(JSON.string)),
        ]
    }

    /// Reads the members that are there; the others keep the values of `defaults`.
    package init(reading reader: inout ObjectReader, defaults: RetryPolicy = RetryPolicy()) {
        let day = Milliseconds.days(1).rawValue
        self.init(
            maxAttempts: reader.int("maxAttempts", in: 1...100).map { Int($0) } ?? defaults.maxAttempts,
            backoff: reader.int("backoffMs", in: 0...day).map { Milliseconds($0) } ?? defaults.backoff,
            maxBackoff: reader.int("maxBackoffMs", in: 0...day).map { Milliseconds($0) } ?? defaults.maxBackoff,
            nonRetryable: reader.strings("nonRetryable") ?? defaults.nonRetryable
        )
    }
}

extension Timeouts {
    package var json: JSONObject {
        [
            "queueMs": .int(queue.rawValue), "runMs": .int(run.rawValue), "silenceMs": .int(silence.rawValue),
            "approvalMs": .int(approval.rawValue),
        ]
    }

    /// Reads the members that are there; the others keep the values of `defaults`.
    package init(reading reader: inout ObjectReader, defaults: Timeouts) {
        let year = Milliseconds.days(366).rawValue
        func read(_ key: String, _ fallback: Milliseconds, _ reader: inout ObjectReader) -> Milliseconds {
            reader.int(key, in: 0...year).map { Milliseconds($0) } ?? fallback
        }
        self.init(
            queue: read("queueMs", defaults.queue, &reader),
            run: read("runMs", defaults.run, &reader),
            silence: read("silenceMs", defaults.silence, &reader),
            approval: read("approvalMs", defaults.approval, &reader)
        )
    }
}
