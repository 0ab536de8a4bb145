import Glibc
import YggCore

/// A connection on which a test says what no client of ours would. Closed when it is gone.
final class RawConnection: Sendable {
    private let descriptor: Int32

    init(to address: String) throws {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            throw EndToEndFailure("\(address) has no port")
        }
        descriptor = try Sockets.connect(to: port)
    }

    deinit { close(descriptor) }

    /// - Returns: whether the other side took it.
    @discardableResult
    func say(_ bytes: [UInt8]) -> Bool { Sockets.send(bytes[...], to: descriptor) }

    /// Says that nothing more will come, and goes on listening.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What comes until the other side closes or `limit` bytes are there.
    /// - Parameter patience: seconds of silence after which it is given up.
    /// - Returns: `isOver` where there was no such silence.
    func hear(atLeast limit: Int = .max, patience: Int = 60) -> (bytes: [UInt8], isOver: Bool) {
        var time = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var heard: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while heard.count < limit {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN { return (heard, false) }
            guard count > 0 else { break }
            heard += buffer[..<count]
        }
        return (heard, true)
    }
}

/// Requests as bytes.
enum RawRequest {
    static func get(_ path: String, headers: [String] = []) -> [UInt8] { make("GET", path, headers, nil) }

    static func post(_ path: String, _ body: JSON?, headers: [String] = []) -> [UInt8] {
        make("POST", path, headers, body?.bytes ?? [])
    }

    static func make(_ method: String, _ path: String, _ headers: [String], _ body: [UInt8]?) -> [UInt8] {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1"]
        if let body {
            lines.append("Content-Length: \(body.count)")
            if !body.isEmpty { lines.append("Content-Type: application/json") }
        }
        return Array((lines + headers + ["", ""]).joined(separator: "\r\n").utf8) + (body ?? [])
    }
}

/// One answer as it stands in the bytes of a connection.
struct RawAnswer {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: [UInt8]

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The answers in `bytes`, interim ones left out; the last one may be cut off.
    static func all(in bytes: [UInt8]) -> [RawAnswer] {
        var answers: [RawAnswer] = []
        var rest = bytes[...]
        while let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
            let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
            guard words.count > 1, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { break }
            let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                return (line[..<colon].lowercased(), String(value))
            }
            rest = rest[end.upperBound...]
            let length = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) }
            let body = rest.prefix(length ?? (status == 204 || status == 304 || status < 200 ? 0 : rest.count))
            rest = rest.dropFirst(body.count)
            if status >= 200 { answers.append(RawAnswer(status: status, headers: headers, body: Array(body))) }
        }
        return answers
    }
}
