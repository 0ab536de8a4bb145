package import HTTPTypes
package import Hummingbird
import NIOCore
package import YggCore
package import YggProtocol

extension Response {
    /// A JSON answer.
    package static func json(
        _ object: JSONObject,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = HTTPFields()
    ) -> Response {
        bytes(object.bytes, type: "application/json", status: status, headers: headers)
    }

    package static func bytes(
        _ bytes: [UInt8],
        type: String,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = HTTPFields()
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    package static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        bytes(Array(text.utf8), type: type)
    }

    /// A list as every list is answered.
    package static func list(_ items: [JSON], next: String?) -> Response {
        json(["items": .array(items), "nextCursor": next.map(JSON.string) ?? .null])
    }

    /// The page of a short list that `?limit=` and `?cursor=` ask for.
    package static func page(_ items: [JSON], of request: Request) throws -> Response {
        var query = try request.queryReader()
        let limit = Int(query.spelledInt("limit", in: 1...200) ?? 200)
        let start = Int(query.spelledInt("cursor", in: 0...Int64(Int32.max)) ?? 0)
        try query.finish()
        let end = min(items.count, start + limit)
        return list(Array(items[min(start, end)..<end]), next: end < items.count ? String(end) : nil)
    }

    package static func problem(_ problem: Problem, requestID: String?) -> Response {
        var headers = HTTPFields()
        if problem.status == 401 {
            let isOver = problem.code == "token-expired" || problem.code == "token-revoked"
            headers[.wwwAuthenticate] = "Bearer realm=\"yggdrasil\"" + (isOver ? ", error=\"invalid_token\"" : "")
        }
        if let seconds = problem.retryAfter { headers[.retryAfter] = String(seconds) }
        if let allowed = problem.extensions["allow"]?.arrayValue {
            headers[.allow] = allowed.compactMap(\.stringValue).joined(separator: ", ")
        }
        return bytes(
            problem.json(requestID: requestID).bytes,
            type: Problem.contentType,
            status: HTTPResponse.Status(code: problem.status),
            headers: headers
        )
    }
}

extension Request {
    /// The whole body.
    /// - Throws: a 413 problem where it is longer than `limit`, a 400 problem where it cannot be read to its end.
    package func bytes(limit: SizeLimit) async throws -> [UInt8] {
        do {
            let buffer = try await body.collect(upTo: limit.bytes)
            return [UInt8](buffer: buffer)
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge(limit)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem.unreadableBody
        }
    }

    /// The body as it comes.
    package func chunks(limit: SizeLimit) -> BodyChunks { BodyChunks(rest: body.makeAsyncIterator(), limit: limit) }

    /// A reader of the body's JSON object.
    package func objectReader(limit: SizeLimit) async throws -> ObjectReader {
        try Self.objectReader(of: try await bytes(limit: limit))
    }

    /// A reader of a body that was read whole.
    package static func objectReader(of bytes: [UInt8]) throws -> ObjectReader {
        do {
            return try ObjectReader(JSON(parsing: bytes, maxDepth: JSON.Depth.request))
        } catch let error as JSONSyntaxError {
            throw Problem(
                status: 400,
                code: "invalid-request",
                title: "Invalid request",
                detail: "The body is \(error).",
                nextAction: "Send one JSON object as the body."
            )
        } catch let error as InvalidInput {
            throw Problem.invalidRequest(error)
        }
    }

    /// A reader of the query, with numbers as numbers.
    package func queryReader() throws(Problem) -> ObjectReader {
        var object = JSONObject()
        for (key, value) in uri.queryParameters {
            let key = String(key)
            guard object[key] == nil else {
                throw .invalidRequest(InvalidInput("/\(key)", "appears more than once in the query"))
            }
            object.append(key, .string(String(value)))
        }
        return ObjectReader(object)
    }
}

extension ObjectReader {
    /// An integer that is spelled out, as in a query.
    package mutating func spelledInt(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let text = string(key) else { return nil }
        guard let value = Int64(text), range.contains(value) else {
            complain(key, "must be an integer from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
            return nil
        }
        return value
    }
}

/// How many bytes a body may have, and the setting that says so; nil where that is fixed.
package struct SizeLimit: Sendable {
    package var bytes: Int
    package var setting: String?

    package init(_ bytes: Int, setting: String? = nil) {
        self.bytes = bytes
        self.setting = setting
    }
}

/// A body that is taken in as it comes.
package struct BodyChunks {
    private var rest: RequestBody.AsyncIterator
    private let limit: SizeLimit
    private var count = 0

    fileprivate init(rest: RequestBody.AsyncIterator, limit: SizeLimit) {
        self.rest = rest
        self.limit = limit
    }

    /// What follows; nil at the end.
    /// - Throws: a 413 problem where the body is longer than the limit, a 400 problem where it breaks off.
    package mutating func next() async throws -> [UInt8]? {
        let buffer: ByteBuffer?
        do {
            buffer = try await rest.next(isolation: #isolation)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem.unreadableBody
        }
        guard let buffer else { return nil }
        count += buffer.readableBytes
        if count > limit.bytes { throw Problem.tooLarge(limit) }
        return [UInt8](buffer: buffer)
    }
}

extension Problem {
    fileprivate static func tooLarge(_ limit: SizeLimit) -> Problem {
        Problem(
            status: 413,
            code: "too-large",
            title: "Too large",
            detail: "The body is longer than \(limit.bytes) bytes.",
            nextAction: limit.setting.map { "Send less at once; \($0) says how much is taken." } ?? "Send less at once."
        )
    }

    /// It broke off, or is not what its head says. The client's fault, and mostly nobody's to hear of it.
    fileprivate static var unreadableBody: Problem {
        Problem(
            status: 400,
            code: "unreadable-body",
            title: "Unreadable body",
            detail: "The body broke off before its end, or is not HTTP.",
            nextAction: "Send it whole, as long as Content-Length says, or in proper chunks."
        )
    }
}
