import Logging
import YggCoordinator
import YggCore
import YggProtocol
import YggTelemetry

/// `admin.token`: the operator's token that a coordinator makes when others can reach it and nobody could get in.
enum AdminToken {
    private static let name = "admin"

    static func path(in dataDirectory: String) -> String { "\(dataDirectory)/admin.token" }

    /// Makes one where there is no operator yet. The file is written first: a row without it would look as if somebody
    /// could get in.
    /// - Parameter secrets: learns the token, so that nothing tells it on.
    static func ensure(
        for coordinator: Coordinator,
        in dataDirectory: String,
        secrets: KnownSecrets,
        logger: Logger
    ) async throws {
        let path = path(in: dataDirectory)
        // Refused here, and not when somebody else has read it.
        let text = try PrivateFile.read(path)
        let isThere = text != nil
        secrets.learn([Secret(name: "admin.token", value: text.map { $0.filter { !$0.isWhitespace } } ?? "")])
        guard !coordinator.access.hasOperator else { return }
        var random = SystemRandomNumberGenerator()
        let secret = TokenSecret.make(.operator, random: &random)
        secrets.learn([Secret(name: "admin.token", value: secret)])
        try PrivateFile.write(secret + "\n", to: path)
        let request = TokenRequest(name: name, role: .operator, expiresIn: nil)
        try await coordinator.access.adopt(secret, request, by: Author(.starting))
        logger.notice(
            isThere ? "access.admin-token-replaced" : "access.admin-token-written",
            metadata: [
                "path": "\(path)", "hint": "ygg commands on this machine read it; give others tokens of their own",
            ]
        )
    }

    /// The token of a data directory; nil where there is none that this user may read.
    static func read(in dataDirectory: String) throws -> String? {
        let path = path(in: dataDirectory)
        guard canRead(path), let text = try PrivateFile.read(path) else { return nil }
        let token = text.filter { !$0.isWhitespace }
        return token.isEmpty ? nil : token
    }
}

extension Principal {
    /// The coordinator itself, at its start.
    fileprivate static let starting = Principal(name: "coordinator", role: .operator, proof: .process)
}
