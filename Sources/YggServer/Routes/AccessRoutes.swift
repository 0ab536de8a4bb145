import HTTPTypes
import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// Tokens, and how a machine gets its key.
struct AccessRoutes: Sendable {
    let coordinator: Coordinator
    /// Whether only this machine can reach the coordinator.
    let isLoopback: Bool
    let publicURL: String?

    private var access: AccessDesk { coordinator.access }

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.whoAmI, whoAmI)
        endpoints.on(.listTokens, list)
        endpoints.on(.createToken, create)
        endpoints.on(.revokeToken, revoke)
        endpoints.on(.issueTicket, ticket)
        endpoints.on(.join, join)
        endpoints.on(.renewKey, renew)
    }

    @Sendable private func whoAmI(_ request: Request, _ context: YggContext) async throws -> Response {
        let principal = try context.principal()
        var object: JSONObject = ["name": .string(principal.name), "role": .string(principal.role.rawValue)]
        object.append("tokenId", .optional(principal.token?.rawValue))
        return .json(object)
    }

    @Sendable private func list(_ request: Request, _ context: YggContext) async throws -> Response {
        let now = Timestamp.now
        return try .page(access.tokens.map { .object($0.json(at: now)) }, of: request)
    }

    @Sendable private func create(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let wanted = try TokenRequest(reading: &reader)
        let (token, secret) = try await access.create(wanted, by: try context.author())
        var object = token.json(at: .now)
        object.append("token", .string(secret))
        if wanted.role == .join { object.append("coordinator", .optional(publicURL)) }
        if wanted.role == .join, isLoopback { object.append("note", .string(CoordinatorServer.loopbackNote)) }
        return .json(object, status: .created)
    }

    @Sendable private func revoke(_ request: Request, _ context: YggContext) async throws -> Response {
        let ended = try await access.revoke(context.parameter("token"), by: try context.author())
        guard let newest = ended.first else { preconditionFailure("what is not found throws") }
        var object = newest.json(at: .now)
        // An executor has more than one now and then.
        object.append("revoked", .array(ended.map { .string($0.id.rawValue) }))
        return .json(object)
    }

    @Sendable private func ticket(_ request: Request, _ context: YggContext) async throws -> Response {
        let (ticket, lifetime) = access.issueTicket(to: try context.principal())
        return .json(["ticket": .string(ticket), "expiresInMs": .int(lifetime.rawValue)], status: .created)
    }

    @Sendable private func join(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let wanted = try KeyRequest(reading: &reader)
        return .json(try await access.join(wanted, by: try context.author()).json)
    }

    @Sendable private func renew(_ request: Request, _ context: YggContext) async throws -> Response {
        var reader = try await request.objectReader(limit: coordinator.settings.limits.ofBody)
        let wanted = try KeyRequest(reading: &reader)
        let id = try context.executorID()
        return .json(try await access.renew(wanted, of: id, by: try context.author()).json)
    }
}
