import Hummingbird
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

/// What the fleet can do: kinds and routes.
struct CatalogueRoutes: Sendable {
    let coordinator: Coordinator

    func add(to endpoints: inout Endpoints) {
        endpoints.on(.listKinds, kinds)
        endpoints.on(.showKind, kind)
        endpoints.on(.listRoutes, routes)
    }

    @Sendable private func kinds(_ request: Request, _ context: YggContext) async throws -> Response {
        try .page(coordinator.kinds.map { .object(json($0.spec, $0.offeredBy)) }, of: request)
    }

    @Sendable private func kind(_ request: Request, _ context: YggContext) async throws -> Response {
        let name = context.parameter("kind")
        let kinds = coordinator.kinds
        guard let kind = kinds.first(where: { $0.spec.kind.rawValue == name }) else {
            let near = nearest(to: name, among: kinds.map(\.spec.kind.rawValue))
            throw Problem.notFound(
                "kind \(name.prefix(80))",
                next: near.map { "Did you mean \($0)?" } ?? "List them with: ygg kind list"
            )
        }
        return .json(json(kind.spec, kind.offeredBy))
    }

    @Sendable private func routes(_ request: Request, _ context: YggContext) async throws -> Response {
        try .page(coordinator.settings.routes.routes.map { .object($0.json) }, of: request)
    }

    private func json(_ spec: KindSpec, _ offeredBy: [ExecutorID]) -> JSONObject {
        var object = spec.json
        object.append("offeredBy", .array(offeredBy.map { .string($0.rawValue) }))
        return object
    }
}
