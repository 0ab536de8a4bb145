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
}
