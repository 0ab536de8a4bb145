import YggCore

/// One entry of `secrets:`, a name and where the secret is to be found on the machine of an executor.
package struct SecretsEntry: Sendable, Hashable {
    package let name: String
    package let reference: SecretReference

    static func read(_ key: String, _ reader: inout ObjectReader) -> [SecretsEntry] {
        guard let object = reader.object(key) else { return [] }
        var nested = ObjectReader(object, at: reader.path(key))
        var entries: [SecretsEntry] = []
        for name in object.keys {
            guard let reference = nested.read(name, .secret) else { continue }
            if SecretUse.isName(name) {
                entries.append(SecretsEntry(name: name, reference: reference))
            } else {
                nested.complain(name, "is no name for a secret: a letter, then letters, digits, -, _ and .")
            }
        }
        reader.adopt(InvalidInput(issues: nested.issues))
        return entries
    }
}

extension Configuration {
    /// Gives every kind what its route allows of secrets, and complains of names that stand for nothing.
    mutating func allowSecrets(_ reader: inout ObjectReader) {
        let names = Set(secrets.map(\.name))
        let check = { (used: [String], place: String, reader: inout ObjectReader) in
            for name in used where !names.contains(name) {
                let near = nearest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
                reader.adopt(InvalidInput(place, "names the secret \(name), which is not under secrets\(near)"))
            }
        }
        for (index, json) in (reader.object["routes"]?.arrayValue ?? []).enumerated() {
            check(json["secrets"]?.arrayValue?.compactMap(\.stringValue) ?? [], "/routes/\(index)/secrets", &reader)
        }
        // Where one of them could not be read, the places would be those of others.
        guard handlers.count == reader.object["handlers"]?.arrayValue?.count else { return }
        for index in handlers.indices {
            let place = "/handlers/\(index)"
            check(handlers[index].spec.secrets.map(\.secret), "\(place)/secrets", &reader)
            for parameter in handlers[index].spec.params {
                guard case .secret(let choices, _, _) = parameter.type else { continue }
                check(choices, "\(place)/params/\(parameter.name)/enum", &reader)
            }
            let kind = handlers[index].spec.kind
            handlers[index].spec = handlers[index].spec.allowing(routes.route(for: kind)?.secrets ?? [])
            for parameter in handlers[index].spec.params {
                guard case .secret(let choices, _, _) = parameter.type, choices.isEmpty else { continue }
                let detail =
                    "is of type secret, and no task may name one: list them in its enum or in its route's secrets"
                reader.adopt(InvalidInput("\(place)/params/\(parameter.name)", detail))
            }
        }
    }
}
