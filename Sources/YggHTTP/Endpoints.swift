package import FoundationEssentials
package import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
package import YggCore
package import YggProtocol

/// What a request carries through the handlers.
package struct YggContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    package var requestDecoder: JSONDecoder { JSONDecoder() }
    package var responseEncoder: JSONEncoder { JSONEncoder() }

    private let channel: any Channel
    /// Who asks. Nobody, until the guard has looked.
    var caller = Caller.nobody

    package init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// Who asks.
    /// - Throws: the problem that says that nobody knows; only calls that are open to everybody can meet it.
    package func principal() throws(Problem) -> Principal { try caller.principal() }

    /// Who asks, and from where: for what is written into the audit.
    package func author() throws(Problem) -> Author { Author(try principal(), from: address) }

    /// The address of the other side, or of the last proxy.
    package var address: String { channel.remoteAddress?.ipAddress ?? "unknown" }

    /// Whether the caller may do it to this object, which only the request's body names.
    package func demand(_ rule: AccessRule, on object: AccessObject) throws(Problem) {
        let principal = try principal()
        let decision = Access.decide(rule, by: principal, on: object)
        guard decision == .allowed else { throw .forbidden(decision, principal) }
    }

    /// A parameter of the path, percent-decoded.
    package func parameter(_ name: String) -> String { parameters.get(name) ?? "" }
}

/// The paths of a server, each with what it asks of its caller. For a path that is known, a method that is not answers
/// 405 with `Allow`.
package struct Endpoints {
    package typealias Handler = @Sendable (Request, YggContext) async throws -> Response

    private struct Entry {
        var method: HTTPRequest.Method
        var rule: AccessRule
        var takesTicket: Bool
        var handler: Handler
    }

    private var handlers: [String: [Entry]] = [:]

    package init() {}

    /// - Parameter takesTicket: whether a ticket in the query is as good as a token.
    package mutating func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ rule: AccessRule,
        takesTicket: Bool = false,
        _ handler: @escaping Handler
    ) {
        handlers[path, default: []].append(
            Entry(method: method, rule: rule, takesTicket: takesTicket, handler: handler)
        )
    }

    /// The responder of the server: guard, routes, and errors as problems.
    package func responder(guardedBy guardian: RequestGuard) -> ProblemResponder {
        let router = Router(context: YggContext.self, options: .autoGenerateHeadEndpoints)
        for (path, entries) in handlers {
            let methods = entries.map(\.method)
            for entry in entries {
                let object = Self.objectOfPath(path, entry.rule)
                router.on(RouterPath(path), method: entry.method) { request, context -> Response in
                    var context = context
                    if entry.takesTicket {
                        context.caller = guardian.caller(ofStream: request, else: context.caller)
                    }
                    try guardian.admit(context.caller, to: entry.rule, on: object(context))
                    return try await entry.handler(guardian.watching(request, of: context), context)
                }
            }
            var allowed = methods.map(\.rawValue)
            if methods.contains(.get) { allowed.append("HEAD") }
            for method in Self.allMethods where !allowed.contains(method.rawValue) {
                router.on(RouterPath(path), method: method) { [allowed] _, context -> Response in
                    _ = try context.principal()
                    throw Problem.methodNotAllowed(method.rawValue, allowed: allowed.sorted())
                }
            }
        }
        return ProblemResponder(router: router.buildResponder(), guardian: guardian)
    }

    /// What the path itself says of whom the call is about.
    private static func objectOfPath(
        _ path: String,
        _ rule: AccessRule
    ) -> @Sendable (YggContext) -> AccessObject? {
        guard rule == .executorItself, path.contains("/:executor") else { return { _ in nil } }
        return { context in .executor(ExecutorID(trusted: context.parameter("executor"))) }
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
        var context = context
        do {
            let asked = context
            context.caller = try guardian.caller(
                of: request.head,
                path: request.uri.path,
                from: { asked.address }
            )
            let response = try await router.respond(to: request, context: context)
            guard response.status == .notFound, context.endpointPath == Self.noEndpoint else { return response }
            throw unknownPath(request, context)
        } catch {
            return .problem(problem(for: error, request, context), requestID: requestID(context))
        }
    }

    /// What the router notes in the place of a path where it has none, having answered that itself, without a word.
    private static let noEndpoint = "NotFound"

    /// Whoever is not known learns nothing, not even what there is.
    private func unknownPath(_ request: Request, _ context: YggContext) -> Problem {
        do throws(Problem) {
            _ = try context.principal()
            return .notFound("path \(request.uri.path)", next: "See the README for the paths that exist.")
        } catch {
            return error
        }
    }

    private func problem(for error: any Error, _ request: Request, _ context: YggContext) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let input as InvalidInput: return .invalidRequest(input)
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
