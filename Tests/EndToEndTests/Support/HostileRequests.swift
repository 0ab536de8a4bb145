import YggCore

/// What one hostile client does.
struct HostileRequest: Sendable {
    enum Manner: Sendable {
        /// Says it and waits for the answer, which must come.
        case whole
        /// Says it, says that nothing more comes, and takes what there is.
        case brokenOff
        /// Says it and hangs up.
        case hangUp
    }

    var name: String
    var bytes: [UInt8]
    var manner = Manner.whole
}

/// A server's paths, and what its bodies should look like: what hostile requests start from.
struct HostileTarget: Sendable {
    /// Without those that end in a stream that has no end.
    var reads: [String]
    var writes: [(method: String, path: String, body: JSON)]
}

/// Hostile requests from a seed: the same seed makes the same ones.
struct HostileRequests {
    private let target: HostileTarget
    private var random: SeededRandom

    init(against target: HostileTarget, seed: UInt64) {
        self.target = target
        random = SeededRandom(seed: seed)
    }

    mutating func next() -> HostileRequest {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: badStart()
        case 1: badPath()
        case 2: badQuery()
        case 3: badHeader()
        case 4: badLength()
        case 5: badChunks()
        case 6: badMethodOrType()
        case 7: pipelined()
        case 8: brokenOff()
        case 9: badJSON()
        default: wrongMember()
        }
    }

    // MARK: Around the request

    private mutating func badStart() -> HostileRequest {
        let line = pick([
            "", " ", "GET", "GET /", "GET / HTTP/9.9", "GET / HTTP/1.1 extra", "get / http/1.1", "GET  /  HTTP/1.1",
            "\u{0}\u{1}\u{2}", "GET /\u{0} HTTP/1.1", "GET /livez HTTP/0.9", "GET /livez HTTP/2.0", "PRI * HTTP/2.0",
            "\(String(repeating: "A", count: 70_000)) / HTTP/1.1",
            "GET /\(String(repeating: "a", count: 90_000)) HTTP/1.1",
            "GET http://evil.example/v1/tasks HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT evil.example:443 HTTP/1.1",
            "GET //evil.example/livez HTTP/1.1", "GET ?x HTTP/1.1", "GET # HTTP/1.1", "\u{16}\u{3}\u{1}\u{2}\u{0}",
        ])
        return .init(
            name: "start",
            bytes: Array("\(line)\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8),
            manner: .brokenOff
        )
    }

    private mutating func badPath() -> HostileRequest {
        let weird = pick(Self.weirdText)
        let path =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: "\(pick(target.reads))/\(weird)"
            case 1: "/\(weird)/\(weird)"
            case 2: "/v1/tasks/\(weird)\(pick(["", "/events", "/stream", "/why", "/artifacts/\(weird)"]))"
            default: pick(target.reads).replacing("/", with: pick(["//", "/./", "/../", "/%2e%2e/", "%2f", "\\"]))
            }
        return get(path, "path")
    }

    private mutating func badQuery() -> HostileRequest {
        let name = pick([
            "limit", "cursor", "after", "state", "wait", "index", "lines", "follow", "executor", "epoch", "%zz",
        ])
        let value = pick(Self.weirdText + Self.weirdNumbers)
        let twice = Bool.random(using: &random) ? "&\(name)=\(value)" : ""
        return get("\(pick(target.reads))?\(name)=\(value)\(twice)", "query")
    }

    private mutating func badHeader() -> HostileRequest {
        let value = pick(Self.weirdText + Self.weirdNumbers)
        let flood = (0..<500).map { "X-Flood-\($0): \($0)" }
        let headers = pick([
            ["Last-Event-ID: \(value)"], ["If-None-Match: \(value)"], ["If-Match: \(value)"], ["Accept: \(value)"],
            ["Idempotency-Key: \(value)"], ["Authorization: \(value)"], ["Authorization: Bearer \(value)"],
            ["X-Manager-Token: \(value)"], ["Origin: \(value)"], ["Host: \(value)"], ["Host: a", "Host: b"],
            ["Range: bytes=\(value)-"], ["Expect: 100-continue"], ["Expect: \(value)"],
            ["Connection: Upgrade", "Upgrade: websocket"], ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c"],
            ["X-Long: \(String(repeating: "a", count: 100_000))"], flood, ["No colon here"], [": no name"],
            ["X-Folded: a", " b"], ["X-Control: a\u{1}b"], ["X-Nul: a\u{0}b"], ["Bad Name: x"],
            ["Transfer-Encoding: \(value)"],
        ])
        let path = pick(target.reads)
        if Bool.random(using: &random), let write = target.writes.randomElement(using: &random) {
            return .init(
                name: "header",
                bytes: RawRequest.make(write.method, write.path, headers + ["Connection: close"], write.body.bytes),
                manner: .brokenOff
            )
        }
        return .init(
            name: "header",
            bytes: RawRequest.get(path, headers: headers + ["Connection: close"]),
            manner: .brokenOff
        )
    }

    private mutating func badLength() -> HostileRequest {
        let lengths = pick([
            ["-1"], ["+5"], ["0x10"], ["99999999999999999999999999"], ["9223372036854775807"], ["10737418240"], ["1e3"],
            [""], ["5", "6"], ["5, 5"], ["5 5"], ["٣"], ["1", "1"],
        ])
        let write = pickWrite()
        let lines = ["\(write.method) \(write.path) HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
        let more = lengths.map { "Content-Length: \($0)" }
        let both = Bool.random(using: &random) ? ["Transfer-Encoding: chunked"] : []
        let head = (lines + more + both + ["", ""]).joined(separator: "\r\n")
        return .init(name: "length", bytes: Array(head.utf8) + write.body.bytes, manner: .brokenOff)
    }

    private mutating func badChunks() -> HostileRequest {
        let body = pick([
            "zz\r\nabc\r\n0\r\n\r\n", "-1\r\n\r\n", "ffffffffffffffff\r\nabc\r\n", "FFFFFFFFFFFFFFFFFFFFF\r\n",
            "5\r\nab",
            "2\r\n{}\r\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "1;\(String(repeating: "x", count: 50_000))\r\n{\r\n",
            "\r\n\r\n",
            "0\r\nTrailer: x\r\n\r\n", "2 \r\n{}\r\n0\r\n\r\n",
        ])
        let write = pickWrite()
        let head = [
            "\(write.method) \(write.path) HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
            "Transfer-Encoding: chunked", "Connection: close", "", "",
        ]
        return .init(name: "chunks", bytes: Array((head.joined(separator: "\r\n") + body).utf8), manner: .brokenOff)
    }

    private mutating func badMethodOrType() -> HostileRequest {
        let write = pickWrite()
        let method = pick(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "POST"])
        let type = pick([
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx",
            "application/json; charset=utf-7", "", ";;;", "application/octet-stream",
        ])
        let body = write.body.bytes
        let lines = [
            "\(method) \(write.path) HTTP/1.1", "Host: 127.0.0.1", "Content-Length: \(body.count)",
            "Content-Type: \(type)", "Connection: close", "", "",
        ]
        return .init(name: "method", bytes: Array(lines.joined(separator: "\r\n").utf8) + body, manner: .brokenOff)
    }

    private mutating func pipelined() -> HostileRequest {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) { bytes += RawRequest.get(pick(target.reads)) }
        bytes += pick([
            Array("GET".utf8), Array("\u{0}\u{0}\u{0}garbage\r\n\r\n".utf8), RawRequest.get("/livez"),
            [0xFF, 0xFE, 0x0D],
        ])
        return .init(name: "pipelined", bytes: bytes, manner: .brokenOff)
    }

    /// Cut anywhere, and either left alone or hung up.
    private mutating func brokenOff() -> HostileRequest {
        let write = pickWrite()
        let whole = RawRequest.make(write.method, write.path, [], write.body.bytes)
        let part = Array(whole.prefix(Int.random(in: 0..<whole.count, using: &random)))
        return .init(name: "broken off", bytes: part, manner: Bool.random(using: &random) ? .brokenOff : .hangUp)
    }

    // MARK: In the body

    private mutating func badJSON() -> HostileRequest {
        let text: String
        switch Int.random(in: 0..<12, using: &random) {
        case 0: text = String(repeating: "[", count: pick(Self.depths))
        case 1: text = String(repeating: "{\"a\":", count: pick(Self.depths))
        case 2:
            let depth = pick(Self.depths)
            text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        case 3: text = "{\"\(String(repeating: "k", count: 70_000))\":1}"
        case 4 where Int.random(in: 0..<20, using: &random) == 0:
            text = "{\"title\":\"\(String(repeating: "x", count: 1_500_000))\"}"
        default: text = pick(Self.badTexts)
        }
        var body = Array(text.utf8)
        if Int.random(in: 0..<6, using: &random) == 0 { body = pick(Self.badBytes) }
        let write = pickWrite()
        return .init(
            name: "json",
            bytes: RawRequest.make(write.method, write.path, ["Connection: close"], body),
            manner: body.count > 1_000_000 ? .brokenOff : .whole
        )
    }

    /// A body that is right but for one member.
    private mutating func wrongMember() -> HostileRequest {
        let write = pickWrite()
        guard var object = write.body.objectValue, let index = object.members.indices.randomElement(using: &random)
        else { return badJSON() }
        let key = object.members[index].key
        if Int.random(in: 0..<8, using: &random) == 0 {
            object[key] = nil
        } else {
            object[key] = weirdValue(depth: 0)
        }
        if Int.random(in: 0..<8, using: &random) == 0 { object[pick(Self.weirdText)] = weirdValue(depth: 0) }
        return .init(
            name: "member \(key)",
            bytes: RawRequest.make(write.method, write.path, ["Connection: close"], object.bytes)
        )
    }

    private mutating func weirdValue(depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 3 ? 6 : 8), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(pick([0, -1, 1, .max, .min, 1 << 31, 1 << 53, 86_400_000_000]))
        case 3: return .double(pick([0.5, -1e300, 1e300, .leastNonzeroMagnitude, 9.3e18]))
        case 4, 5: return .string(pick(Self.weirdText + Self.weirdNumbers))
        case 6: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in weirdValue(depth: depth + 1) })
        default: return [pick(Self.weirdText): weirdValue(depth: depth + 1)]
        }
    }

    // MARK: Material

    private static let depths = [60, 200, 20_000]

    private static let badTexts = [
        "{\"kind\":\"bench-noop\",\"kind\":\"bench-true\"}", "{\"kind\":1e999}", "{\"priority\":-1e-999999}", "NaN",
        "{\"priority\":Infinity}", "{\"priority\":00}", "{\"id\":\"\\ud800\"}", "{\"id\":\"\\u0000\"}",
        "{\"title\":\"\u{1}\"}",
        "{}{}", "{},", "null", "[]", "\"text\"", "123456789012345678901234567890", "", " ", "{\"a\":1", "{\"a\"}",
        "{'a':1}",
        "/*x*/{}",
    ]

    private static let badBytes: [[UInt8]] = [
        [0x7B, 0x22, 0xC3, 0x28, 0x22, 0x3A, 0x31, 0x7D], [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], [0xFF, 0xFE, 0x7B, 0x00], [0],
    ]

    private static let weirdText = [
        "", "..", "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e", "%00", "a%00b", "%", "%zz", "%c3%28",
        "%ff%fe",
        "/etc/passwd", "C:%5Cwindows", "~root", "-rf", "--", "$(id)", "`id`", "'; drop table tasks; --", "a b",
        "\u{FEFF}",
        "\u{202E}", "💥", "é", "{{dir}}", "*", "?", "#", "null", "true", "local", "http://127.0.0.1:1", "W/\"1\"",
        "\"1\"", "*,\"",
        String(repeating: "x", count: 65), String(repeating: "x", count: 300), String(repeating: "%2f", count: 200),
        "1970-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "0000-00-00T00:00:00Z",
    ]

    private static let weirdNumbers = [
        "-1", "0", "00", "1e999", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5", "NaN",
        "0x10",
        "٣", "30s", "-30s", "999999999999999999d", "1.zz.0", "1..", "2.1.1",
    ]

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    private mutating func pickWrite() -> (method: String, path: String, body: JSON) { pick(target.writes) }

    private func get(_ path: String, _ name: String) -> HostileRequest {
        // A stream may have no end, so its viewer breaks off.
        .init(
            name: name,
            bytes: RawRequest.get(path, headers: ["Connection: close"]),
            manner: path.contains("stream") ? .brokenOff : .whole
        )
    }
}
