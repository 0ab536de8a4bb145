package import FoundationEssentials
package import HTTPTypes
package import Hummingbird
import Logging
import YggCore
package import YggProtocol

/// What a request carries through the handlers.
package struct YggContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package var requestDecoder: JSONDecoder { JSONDecoder() }
    package var responseEncoder: JSONEncoder { JSONEncoder() }

    package init(source: Source) { coreContext = CoreRequestContextStorage(source: source) }

    /// A parameter of the path, percent-decoded.
    package func parameter(_ name: String) -> String { parameters.get(name) ?? "" }
}

/// The paths of a server. For a path that is known, a method that is not answers 405 with `Allow`.
package struct Endpoints {
    package typealias Handler = @Sendable (Request, YggContext) async throws -> Response

    private var handlers: [String: [(method: HTTPRequest.Method, handler: Handler)]] = [:]

    package init() {}

    package mutating func on(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        handlers[path, default: []].append((method, handler))
    }

    package mutating func get(_ path: String, _ handler: @escaping Handler) { on(.get, path, handler) }
    package mutating func post(_ path: String, _ handler: @escaping Handler) { on(.post, path, handler) }

    /// The responder of the server: guard, routes, and errors as problems.
    package func responder(guardedBy guardian: RequestGuard) -> ProblemResponder {
        let router = Router(context: YggContext.self, options: .autoGenerateHeadEndpoints)
        for (path, entries) in handlers {
            let methods = entries.map(\.method)
            for entry in entries { router.on(RouterPath(path), method: entry.method, use: entry.handler) }
            var allowed = methods.map(\.rawValue)
            if methods.contains(.get) { allowed.append("HEAD") }
            for method in Self.allMethods where !allowed.contains(method.rawValue) {
                router.on(RouterPath(path), method: method) { [allowed] _, _ -> Response in
                    throw Problem.methodNotAllowed(method.rawValue, allowed: allowed.sorted())
                }
            }
        }
        return ProblemResponder(router: router.buildResponder(), guardian: guardian)
    }

    private static let allMethods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect,
    ]
}

/// Answers every error as `application/problem+json`, and lets in only whom the guard lets in.
package struct ProblemResponder: HTTPResponder {
    package typealias Context = YggContext

    let router: RouterResponder<YggContext>
    let guardian: RequestGuard

    package func respond(to request: Request, context: YggContext) async throws -> Response {
        do {
            try guardian.check(request.head, path: request.uri.path)
            return try await router.respond(to: request, context: context)
        } catch {
            return .problem(problem(for: error, request, context), requestID: requestID(context))
        }
    }

    private func problem(for error: any Error, _ request: Request, _ context: YggContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let input as InvalidInput: return .invalidRequest(input)
        case let http as HTTPError where http.status == .notFound:
            return .notFound("path \(request.uri.path)", next: "See the README for the paths that exist.")
        case let http as HTTPError:
            return Problem(
                status: http.status.code,
                code: "http-\(http.status.code)",
                title: http.status.reasonPhrase,
                detail: http.body ?? http.status.reasonPhrase,
                nextAction: "Correct the request and send it again."
            )
        case let unavailable as any ProblemConvertible: return unavailable.problem
        default:
            context.logger.error("request.failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Problem(
                status: 500,
                code: "internal",
                title: "Internal error",
                detail: "The server failed; its log names the cause under this requestId.",
                retryable: true,
                nextAction: "Try again; if it stays, look into the log."
            )
        }
    }

    private func requestID(_ context: YggContext) -> String? {
        context.logger[metadataKey: "hb.request.id"].map { "\($0)" }
    }
}

/// An error that knows how it is to be told over HTTP.
package protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

extension Problem {
    fileprivate static func methodNotAllowed(_ method: String, allowed: [String]) -> Problem {
        Problem(
            status: 405,
            code: "method-not-allowed",
            title: "Method not allowed",
            detail: "\(method) is not possible here.",
            nextAction: "Use \(allowed.joined(separator: " or ")).",
            extensions: ["allow": .array(allowed.map(JSON.string))]
        )
    }
}
