import YggCore

/// Requests as bytes, made once and sent many times.
enum LoadRequest {
    static func get(_ path: String, token: String? = nil) -> [UInt8] {
        Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(authorization(token))\r\n".utf8)
    }

    static func post(_ path: String, _ body: JSONObject, token: String? = nil) -> [UInt8] {
        post(path, body.bytes, token: token)
    }

    static func post(_ path: String, _ body: [UInt8], token: String? = nil) -> [UInt8] {
        let head = """
            POST \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            \(authorization(token))Content-Type: application/json\r
            Content-Length: \(body.count)\r
            \r

            """
        return Array(head.utf8) + body
    }

    private static func authorization(_ token: String?) -> String {
        token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    }

    /// The submission of a task that needs nothing but its kind.
    static func submit(_ kind: String, token: String? = nil) -> [UInt8] {
        post("/v1/tasks", ["kind": .string(kind)], token: token)
    }

    /// The submission of many tasks at once.
    static func submitBatch(_ count: Int, kind: String, labels: [String] = []) -> [UInt8] {
        var task: JSONObject = ["kind": .string(kind)]
        if !labels.isEmpty { task.append("labels", .array(labels.map(JSON.string))) }
        return post("/v1/tasks:batch", ["tasks": .array(Array(repeating: .object(task), count: count))])
    }
}
