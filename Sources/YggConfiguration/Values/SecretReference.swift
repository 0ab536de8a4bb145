import FoundationEssentials

/// Where a secret is to be found. The configuration holds references, never secrets: it is copied, shown and committed.
package enum SecretReference: Sendable, Hashable {
    case environment(String)
    case file(String)

    /// Reads `env:NAME` and `file:/path`; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("env:") {
            let name = text.dropFirst(4)
            guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
                return nil
            }
            self = .environment(String(name))
        } else if text.hasPrefix("file:/") {
            self = .file(String(text.dropFirst(5)))
        } else {
            return nil
        }
    }

    package var text: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        }
    }

    /// The secret itself, nil where there is none. The line break that editors leave at the end of a file is not part
    /// of it.
    package func resolve(environment: [String: String]) -> String? {
        let secret: String?
        switch self {
        case .environment(let name): secret = environment[name]
        case .file(let path):
            secret = FileManager.default.contents(atPath: path).flatMap { String(validating: $0, as: UTF8.self) }
                .map { trimmed($0[...]) }
        }
        return secret?.isEmpty == false ? secret : nil
    }
}
