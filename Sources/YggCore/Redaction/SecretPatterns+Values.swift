extension SecretPatterns {
    /// The text without secrets.
    package func redacted(_ text: String) -> String {
        guard text.utf8.count >= shortest else { return text }
        let bytes = Array(text.utf8)
        var redactor = Redactor(self)
        let clean = redactor.append(bytes[...]) + redactor.finish()
        return clean == bytes ? text : String(decoding: clean, as: UTF8.self)
    }

    /// The value without secrets in its strings and in the names of its members.
    package func redacted(_ json: JSON) -> JSON {
        guard !isEmpty else { return json }
        switch json {
        case .string(let text): return .string(redacted(text))
        case .array(let values): return .array(values.map(redacted))
        case .object(let object): return .object(redacted(object))
        case .null, .bool, .int, .double: return json
        }
    }

    /// The object without secrets in its strings and in the names of its members.
    package func redacted(_ object: JSONObject) -> JSONObject {
        guard !isEmpty else { return object }
        var clean = JSONObject(minimumCapacity: object.count)
        for member in object.members {
            var name = redacted(member.key)
            // Two encodings of one secret can be the names of two members.
            while clean[name] != nil { name += "'" }
            clean.append(name, redacted(member.value))
        }
        return clean
    }

    package func redacted(_ error: TaskError) -> TaskError {
        isEmpty ? error : TaskError(code: error.code, detail: redacted(error.detail), retryable: error.retryable)
    }
}
