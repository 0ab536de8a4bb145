import YggConfiguration

extension SecretReference {
    /// Whether reading it may wait for a disk.
    var isFile: Bool { if case .file = self { true } else { false } }

    /// The secret itself. The line break that editors leave at the end of a file is not part of it.
    /// - Throws: where there is none, it cannot be read, or others can read it.
    func read(environment: [String: String] = ProcessContext.environment) throws -> String {
        let secret: String?
        let next: String
        switch self {
        case .environment(let name):
            secret = environment[name]
            next = "Set \(name) where this process is started."
        case .file(let path):
            secret = try PrivateFile.read(path).map { text in
                String(text.reversed().drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace })
            }
            next = "Put the secret into \(path), for the user of this process alone (chmod 600)."
        }
        guard let secret, !secret.isEmpty else {
            throw CommandFailure("\(text) holds nothing.", next: next, status: .usage)
        }
        return secret
    }
}
