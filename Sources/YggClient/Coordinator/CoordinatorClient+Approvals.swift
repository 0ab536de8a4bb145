import AsyncHTTPClient
import NIOCore
package import YggCore
import YggProtocol

extension CoordinatorClient {
    /// What waits for a person, oldest first.
    package func approvals() async throws -> [JSONObject] { try await all(RequestPath("v1", "approvals")) }

    /// All that was ever asked about a task, newest first.
    package func approvals(of id: String) async throws -> [JSONObject] {
        try await all(RequestPath("v1", "approvals").query("task", id))
    }

    /// Decides about what a task waits with; it as it was decided. Asking twice is asking once.
    /// - Parameter digest: of what the person was shown.
    package func answer(
        _ answer: ApprovalAnswer,
        _ id: String,
        digest: String?,
        comment: String?
    ) async throws -> JSONObject {
        var body = JSONObject()
        body.append("digest", .optional(digest))
        body.append("comment", .optional(comment))
        let path = RequestPath("v1", "tasks", id, answer.rawValue)
        return try object(of: try await request("POST", path, body: .object(body), repetition: .safe))
    }

    /// Reads an artifact of a task, chunk by chunk.
    package func artifact(_ sha256: String, of id: String, _ take: ([UInt8]) throws -> Void) async throws {
        let path = RequestPath("v1", "tasks", id, "artifacts", sha256)
        var last = TransportError.invalidURL(url: "", reason: "there is no address")
        for transport in streams {
            let reply: HTTPStreamedReply
            do {
                reply = try await transport.open(path: path.description)
            } catch let error as TransportError where error.isUnsent {
                last = error
                continue
            } catch let error as TransportError {
                throw ClientError(error)
            }
            guard reply.status < 400 else {
                throw Problem(HTTPReply(status: reply.status, headers: reply.headers, body: try await reply.collect()))
            }
            for try await chunk in reply.body { try take(Array(chunk.readableBytesView)) }
            return
        }
        throw ClientError(last)
    }
}
