/// How a command gets a secret: in a variable of its environment, or in a file that a variable names. Never as an
/// argument: those every user of a machine can read.
package struct SecretUse: Sendable, Hashable {
    /// The variable of the command.
    package var variable: String
    /// The secret's name under `secrets:` of the executor's configuration.
    package var secret: String
    /// Whether the variable holds the path of a file with the secret in it.
    package var asFile: Bool

    package init(variable: String, secret: String, asFile: Bool = false) {
        self.variable = variable
        self.secret = secret
        self.asFile = asFile
    }

    /// Names of secrets: a letter, then letters, digits, `-`, `_` and `.`.
    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        return isLetter(first) && text.utf8.allSatisfy(isIDByte)
    }

    /// Why a variable cannot be the one that holds a secret; nil where it can.
    package static func problem(withVariable name: String) -> String? {
        let isVariable =
            name.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "_") } == true
            && name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
        if !isVariable { return "is no name for a variable: a letter or _, then letters, digits and _" }
        let taken = ["PATH", "HOME", "YGG_TASK", "YGG_EPOCH"].contains(name)
        return taken ? "is a variable that every command has" : nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
}

// MARK: - As it is written

extension SecretUse {
    /// `VARIABLE: name`, or `VARIABLE: {file: name}`.
    static func json(_ uses: [SecretUse]) -> JSONObject {
        JSONObject(uses.map { ($0.variable, $0.asFile ? ["file": .string($0.secret)] : .string($0.secret)) })
    }

    static func read(_ key: String, _ reader: inout ObjectReader) -> [SecretUse]? {
        guard let object = reader.object(key) else { return nil }
        let place = ObjectReader(object, at: reader.path(key))
        var uses: [SecretUse] = []
        for member in object.members {
            let file = member.value["file"]
            guard let secret = (file ?? member.value).stringValue, isName(secret),
                file == nil || member.value.objectValue?.count == 1
            else {
                let detail = "must name a secret, as in token or {file: deploy-key}"
                reader.adopt(InvalidInput(place.path(member.key), detail))
                continue
            }
            uses.append(SecretUse(variable: member.key, secret: secret, asFile: file != nil))
        }
        return uses
    }
}
