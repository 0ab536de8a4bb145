package import YggCore

/// The body of `POST /v1/tokens`.
package struct TokenRequest: Sendable, Hashable {
    package var name: String
    package var role: AccessRole
    /// nil takes the default of the role; a token of a person has no end of its own.
    package var expiresIn: Milliseconds?

    /// The longest time after which a token may end.
    package static let longest = Milliseconds.days(3650)

    package init(name: String, role: AccessRole, expiresIn: Milliseconds?) {
        self.name = name
        self.role = role
        self.expiresIn = expiresIn
    }

    package var json: JSONObject {
        var object: JSONObject = ["name": .string(name), "role": .string(role.rawValue)]
        object.append("expiresInMs", expiresIn.map { .int($0.rawValue) })
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        name = try reader.required("name") { $0.string("name", maxLength: 64) }
        role = try reader.required("role") { $0.choice("role", of: AccessRole.self) }
        expiresIn = reader.int("expiresInMs", in: 1000...Self.longest.rawValue).map { Milliseconds($0) }
        // The same form as an executor's id, so that a name is one word wherever it is shown.
        if ExecutorID(name) == nil {
            reader.complain("name", "must be 1 to 64 letters, digits, dots, dashes and underscores")
        } else if Principal.reservedNames.contains(name) {
            reader.complain("name", "\"\(name)\" stands for somebody else; choose another one")
        }
        try reader.finish()
    }
}

extension AccessToken {
    /// As it is listed: everything but the token itself, which nobody has any more.
    package func json(at now: Timestamp) -> JSONObject {
        var object: JSONObject = [
            "id": .string(id.rawValue), "name": .string(name), "role": .string(role.rawValue),
            "state": .string(state(at: now).rawValue), "createdAt": .string(createdAt.description),
            "createdBy": .string(createdBy),
        ]
        object.append("expiresAt", .optional(expiresAt?.description))
        object.append("lastUsedAt", .optional(lastUsed?.description))
        object.append("revokedAt", .optional(revokedAt?.description))
        if exchangedFor != nil { object.append("joined", true) }
        return object
    }
}

/// The body of `POST /v1/join` and `POST /v1/executors/{id}/key`: an executor has made a key and shows its sha256. The
/// key itself travels for the first time when it is used.
package struct KeyRequest: Sendable, Hashable {
    package var digest: TokenDigest
    package var host: String

    package init(digest: TokenDigest, host: String) {
        self.digest = digest
        self.host = host
    }

    package var json: JSONObject { ["keySha256": .string(digest.text), "host": .string(host)] }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let text = try reader.required("keySha256") { $0.string("keySha256", maxLength: 64) }
        guard let digest = TokenDigest(hex: text) else {
            throw InvalidInput(reader.path("keySha256"), "must be 64 lower-case hexadecimal digits")
        }
        self.init(digest: digest, host: reader.string("host", maxLength: 255) ?? "")
        try reader.finish()
    }
}

/// The answer to both: the key is known, and how long it is good for.
package struct KeyGrant: Sendable, Hashable {
    package var executor: ExecutorID
    package var expiresIn: Milliseconds
    /// When to ask for the next one.
    package var renewIn: Milliseconds

    package init(executor: ExecutorID, expiresIn: Milliseconds, renewIn: Milliseconds) {
        self.executor = executor
        self.expiresIn = expiresIn
        self.renewIn = renewIn
    }

    package var json: JSONObject {
        [
            "executor": .string(executor.rawValue), "expiresInMs": .int(expiresIn.rawValue),
            "renewInMs": .int(renewIn.rawValue),
        ]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        let text = try reader.required("executor") { $0.string("executor") }
        guard let executor = ExecutorID(text) else {
            throw InvalidInput(reader.path("executor"), "is not an executor id")
        }
        self.init(
            executor: executor,
            expiresIn: Milliseconds(try reader.required("expiresInMs") { $0.int("expiresInMs", in: 0...Int64.max) }),
            renewIn: Milliseconds(try reader.required("renewInMs") { $0.int("renewInMs", in: 0...Int64.max) })
        )
    }
}
