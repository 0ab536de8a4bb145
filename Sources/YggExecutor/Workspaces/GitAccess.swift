import YggCore
import YggTelemetry

/// Who commits, on whose behalf.
package struct GitAuthor: Sendable, Hashable {
    package var name: String
    package var email: String

    package init(name: String, email: String) {
        self.name = name
        self.email = email
    }

    /// Where nobody is configured.
    package static let ourselves = GitAuthor(name: "Yggdrasil", email: "yggdrasil@localhost")

    /// `Ada <ada@example.org>`.
    package var text: String { "\(name) <\(email)>" }

    /// Reads `text`.
    init?(_ text: String) {
        guard let open = text.lastIndex(of: "<"), text.hasSuffix(">"), open > text.startIndex else { return nil }
        name = text[..<open].trimmed
        email = String(text[text.index(after: open)...].dropLast())
        if name.isEmpty || email.isEmpty || text.contains(where: \.isNewline) { return nil }
    }
}

/// As whom an executor commits, and what it shows to remotes.
package struct GitAccess: Sendable {
    package var author = GitAuthor.ourselves
    /// The host that the credentials are for, as a URL such as `https://github.com`. Nobody else is shown them.
    package var host = "https://github.com"
    /// A token for `host`; nil where there is none.
    package var credentials: SecretSource?
    /// The token as it was when the attempt started. One that cannot be had is none: a public repository needs none, and
    /// a private one says so itself.
    private(set) var token: String?

    package init() {}

    /// The same with the token as it is now.
    func lookedAt() async -> GitAccess {
        var access = self
        if let source = credentials, let token = try? await source.read(), Secret.problem(token) == nil {
            access.token = token
        }
        return access
    }
}
