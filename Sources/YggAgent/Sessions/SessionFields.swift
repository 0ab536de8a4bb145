import YggCore

/// The members of a record, each of the type that it must have. What is not as we write it is damage.
struct SessionFields {
    let object: JSONObject

    init(_ object: JSONObject) { self.object = object }

    init(_ json: JSON?) throws(SessionError) {
        guard let object = json?.objectValue else { throw SessionError(.damaged, "A record is no object.") }
        self.init(object)
    }

    func string(_ key: String) throws(SessionError) -> String {
        guard let value = object[key]?.stringValue else { throw damage(key) }
        return value
    }

    func optionalString(_ key: String) -> String? { object[key]?.stringValue }

    func int(_ key: String) throws(SessionError) -> Int64 {
        guard let value = object[key]?.intValue else { throw damage(key) }
        return value
    }

    func optionalInt(_ key: String) -> Int64? { object[key]?.intValue }

    func bool(_ key: String) -> Bool { object[key]?.boolValue ?? false }

    func strings(_ key: String) throws(SessionError) -> [String] {
        try list(key) { json throws(SessionError) in
            guard let text = json.stringValue else { throw damage(key) }
            return text
        }
    }

    func list<Value>(_ key: String, _ read: (JSON) throws(SessionError) -> Value) throws(SessionError) -> [Value] {
        var values: [Value] = []
        for json in object[key]?.arrayValue ?? [] { values.append(try read(json)) }
        return values
    }

    func nested(_ key: String) throws(SessionError) -> SessionFields { try SessionFields(object[key]) }

    func choice<Value: RawRepresentable>(_ key: String, of type: Value.Type) throws(SessionError) -> Value
    where Value.RawValue == String {
        guard let value = Value(rawValue: try string(key)) else { throw damage(key) }
        return value
    }

    func damage(_ key: String) -> SessionError {
        SessionError(.damaged, "The member \(key) of a record is not as we write it.")
    }
}

extension Duration {
    /// Whole, so that what is read is what was written.
    var wholeNanoseconds: Int64 { Int64(self / .nanoseconds(1)) }
}
