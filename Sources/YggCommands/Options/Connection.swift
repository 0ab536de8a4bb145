import YggClient
import YggConfiguration

/// Whom a command talks to, and what it shows there.
///
/// The address is the one that somebody set, else the one of the last `ygg login`, else where a coordinator on this machine
/// says that it is served. `YGG_TOKEN` is shown wherever that is. A token that `ygg login` kept is shown to the address it
/// was kept for, and the operator's of a coordinator on this machine where that one is served; neither goes anywhere else.
struct Connection {
    let url: String
    let token: String?
    /// The coordinator as this machine knows it, where it had to be looked for here.
    let served: ServedCoordinator?

    /// - Parameter explicit: an address in place of the one that is set.
    init(_ settings: ResolvedSettings, explicit: String? = nil, environment: [String: String]) throws {
        let logins = try Self.logins(environment: environment)
        let isSet = settings.origin(of: .coordinatorURL) != .fallback
        let asked = explicit ?? (isSet ? settings.coordinatorURL : logins.current)
        if let asked, let token = settings.token ?? logins.token(for: asked) {
            url = asked
            self.token = token
            served = nil
            return
        }
        let found = try Self.served(at: asked, environment: environment)
        served = found?.coordinator
        url = asked ?? found?.coordinator.url ?? settings.coordinatorURL
        token =
            try settings.token ?? logins.token(for: url)
            ?? found.flatMap { try AdminToken.read(in: $0.directory) }
    }

    var client: CoordinatorClient { CoordinatorClient(address: url, token: token) }

    /// What `ygg login` kept.
    static func logins(environment: [String: String]) throws -> LoginFile {
        guard let path = LoginFile.path(environment: environment), let text = try PrivateFile.read(path) else {
            return LoginFile()
        }
        return try LoginFile(text: text, path: path)
    }

    /// A coordinator of this machine, and its data directory.
    /// - Parameter url: where it is to be served; nil takes the first there is.
    private static func served(
        at url: String?,
        environment: [String: String]
    ) throws -> (coordinator: ServedCoordinator, directory: String)? {
        for directory in LoginFile.dataDirectories(environment: environment) {
            guard let coordinator = try ServedCoordinator.find(in: directory) else { continue }
            if let url, !coordinator.isServed(at: url) { continue }
            return (coordinator, directory)
        }
        return nil
    }
}
