import YggClient
import YggConfiguration

/// Whom a command talks to, and what it shows there.
///
/// The address is the one that somebody set, else the one of the last `ygg login`. The token is `YGG_TOKEN`, else the one
/// that `ygg login` kept for this very address, else the operator's of a coordinator on this machine. A token never goes
/// to another address than it was meant for.
struct Connection {
    let url: String
    let token: String?

    /// - Parameter explicit: an address in place of the one that is set.
    init(_ settings: ResolvedSettings, explicit: String? = nil, environment: [String: String]) throws {
        let logins = try Self.logins(environment: environment)
        let isSet = settings.origin(of: .coordinatorURL) != .fallback
        url = explicit ?? (isSet ? settings.coordinatorURL : logins.current ?? settings.coordinatorURL)
        if let token = settings.token ?? logins.token(for: url) {
            self.token = token
        } else if NetworkInterfaces.isThisMachine(Self.host(of: url)) {
            token = try AdminToken.find(
                environment: environment,
                directories: LoginFile.dataDirectories(environment: environment)
            )
        } else {
            token = nil
        }
    }

    var client: CoordinatorClient { CoordinatorClient(address: url, token: token) }

    /// What `ygg login` kept.
    static func logins(environment: [String: String]) throws -> LoginFile {
        guard let path = LoginFile.path(environment: environment), let text = try PrivateFile.read(path) else {
            return LoginFile()
        }
        return try LoginFile(text: text, path: path)
    }

    private static func host(of url: String) -> String {
        let rest = url.contains("://") ? url.split(separator: "/", maxSplits: 2).dropFirst().first ?? "" : url[...]
        let authority = rest.prefix { $0 != "/" }
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return String(authority[...end]) }
        return String(authority.prefix { $0 != ":" })
    }
}
