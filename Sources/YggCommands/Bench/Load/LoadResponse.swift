import YggCore

/// One answer of a server.
struct LoadResponse: Sendable {
    var status: Int
    var body: [UInt8]

    /// The id of the task that the body shows, read without parsing the rest: it is the first member.
    var taskID: String? {
        let marker = Array("{\"id\":\"".utf8)
        guard body.starts(with: marker), let end = body[marker.count...].firstIndex(of: UInt8(ascii: "\"")) else {
            return nil
        }
        return String(decoding: body[marker.count..<end], as: UTF8.self)
    }

    func json() throws -> JSON { try JSON(parsing: body) }

    /// - Throws: what the server said, where that is not `status`.
    func expect(_ status: Int) throws {
        guard self.status == status else {
            throw CommandFailure(
                "The coordinator answered \(self.status) instead of \(status): "
                    + String(decoding: body.prefix(1000), as: UTF8.self)
            )
        }
    }
}

/// Takes answers out of the bytes of one connection: status line, `Content-Length`, body. That is all our servers send
/// to requests like ours; anything else is an error.
struct LoadResponseParser {
    private var buffer: [UInt8]
    private var filled = 0
    private var scanned = 0
    private var head: (status: Int, bodyStart: Int, end: Int)?

    init(capacity: Int = 4096) { buffer = [UInt8](repeating: 0, count: capacity) }

    /// Room for more bytes. `read` says how many it put there; zero or less is handed through.
    mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        if filled == buffer.count {
            buffer += [UInt8](repeating: 0, count: max(buffer.count, (head?.end ?? 0) - filled))
        }
        let start = filled
        let count = buffer.withUnsafeMutableBytes { read(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
        if count > 0 { filled += count }
        return count
    }

    /// The next answer, nil while it is incomplete.
    mutating func next() throws -> LoadResponse? {
        if head == nil { head = try readHead() }
        guard let head, filled >= head.end else { return nil }
        guard filled == head.end else { throw CommandFailure("The coordinator sent more than was asked for.") }
        let response = LoadResponse(status: head.status, body: Array(buffer[head.bodyStart..<head.end]))
        filled = 0
        scanned = 0
        self.head = nil
        return response
    }

    /// Reads bytes, not strings: what the generator spends, the servers it measures lack.
    private mutating func readHead() throws -> (status: Int, bodyStart: Int, end: Int)? {
        guard let bodyStart = endOfHead() else { return nil }
        let head = buffer[..<bodyStart]
        guard head.starts(with: Self.version), let status = number(at: Self.version.count) else {
            throw CommandFailure("The coordinator's answer is not HTTP/1.1: \(String(decoding: head, as: UTF8.self))")
        }
        var line = 0
        while let end = buffer[line..<bodyStart].firstIndex(of: UInt8(ascii: "\n")) {
            line = end + 1
            guard startsWithLength(at: line), let length = number(at: line + Self.lengthField.count) else { continue }
            return (status, bodyStart, bodyStart + length)
        }
        throw CommandFailure("The coordinator's answer has no Content-Length: \(String(decoding: head, as: UTF8.self))")
    }

    private static let version = Array("HTTP/1.1 ".utf8)
    private static let lengthField = Array("content-length:".utf8)

    private func startsWithLength(at start: Int) -> Bool {
        guard start + Self.lengthField.count <= filled else { return false }
        // Setting this bit makes letters small, and leaves the hyphen and the colon as they are.
        return Self.lengthField.indices.allSatisfy { buffer[start + $0] | 0x20 == Self.lengthField[$0] }
    }

    /// The digits after any spaces.
    private func number(at start: Int) -> Int? {
        let digits = buffer[start..<filled].drop { $0 == UInt8(ascii: " ") }
            .prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? nil : digits.reduce(0) { $0 &* 10 &+ Int($1 - UInt8(ascii: "0")) }
    }

    /// Where the empty line ends; each byte is looked at once.
    private mutating func endOfHead() -> Int? {
        let (carriage, line) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
        var index = max(3, scanned)
        defer { scanned = index }
        while index < filled {
            if buffer[index] == line, buffer[index - 1] == carriage, buffer[index - 2] == line,
                buffer[index - 3] == carriage
            {
                return index + 1
            }
            index += 1
        }
        return nil
    }
}
