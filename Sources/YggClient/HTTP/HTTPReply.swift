package import AsyncHTTPClient
import NIOCore
package import YggCore

/// A whole answer.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: [(String, String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(String, String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, in any case.
    package func header(_ name: String) -> String? { headers.value(of: name) }

    /// The body as JSON; nil where it is empty or something else, as the answers of proxies are.
    package var json: JSON? { try? JSON(parsing: body) }
}

/// An answer that is still arriving. Dropping it closes its connection.
package struct HTTPStreamedReply: Sendable {
    package var status: Int
    package var headers: [(String, String)]
    /// Whom it came from, for messages.
    package var url: String
    package var body: HTTPClientResponse.Body

    package func header(_ name: String) -> String? { headers.value(of: name) }

    /// The rest of the body, for an answer that turned out to be an error.
    package func collect(upTo limit: Int = 1 << 20) async throws -> [UInt8] {
        Array(try await body.collect(upTo: limit).readableBytesView)
    }
}

extension [(String, String)] {
    fileprivate func value(of name: String) -> String? {
        first { $0.0.count == name.count && $0.0.lowercased() == name.lowercased() }?.1
    }
}
