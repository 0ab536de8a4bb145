package import YggCore

/// Frames of `text/event-stream` (WHATWG HTML, "Server-sent events").
package enum ServerSentEvents {
    /// What opens every stream: headers leave at once, and a browser knows how soon to come back. It ends without an
    /// empty line, and so belongs to the first event: some readers take a block of its own for an event.
    package static let preamble = Array("retry: 2000\n".utf8)
    package static let keepAlive = Array(":\n".utf8)

    package static func frame(of event: Event) -> [UInt8] {
        frame(id: event.seq, name: event.type.rawValue, data: event.json)
    }

    /// One frame; the data is one line, because JSON escapes line ends.
    package static func frame(id: Int64?, name: String, data: JSONObject) -> [UInt8] {
        var out: [UInt8] = []
        if let id {
            out.append(contentsOf: "id: ".utf8)
            out.append(decimal: id)
            out.append(UInt8(ascii: "\n"))
        }
        out.append(contentsOf: "event: \(name)\ndata: ".utf8)
        data.write(to: &out)
        out.append(contentsOf: "\n\n".utf8)
        return out
    }
}

/// One event as a reader of a stream sees it.
package struct ReceivedEvent: Sendable, Hashable {
    package var id: String?
    package var name: String
    package var data: String

    package init(id: String?, name: String, data: String) {
        self.id = id
        self.name = name
        self.data = data
    }
}

/// Reads a stream that is cut anywhere: in a line, between CR and LF, inside a character.
package struct ServerSentEventParser: Sendable {
    private var line: [UInt8] = []
    private var sawCR = false
    private var isFirstLine = true
    private var id: String?
    private var name = ""
    private var data: [String] = []

    package init() {}

    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [ReceivedEvent] {
        var events: [ReceivedEvent] = []
        for byte in bytes {
            if sawCR {
                sawCR = false
                if byte == UInt8(ascii: "\n") { continue }
            }
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                sawCR = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            } else {
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> ReceivedEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return dispatch() }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            field(String(decoding: line, as: UTF8.self), "")
            return nil
        }
        guard colon > 0 else { return nil }
        var value = line[(colon + 1)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        field(String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
        return nil
    }

    private mutating func field(_ field: String, _ value: String) {
        switch field {
        case "event": name = value
        case "data": data.append(value)
        case "id": if !value.utf8.contains(0) { id = value }
        default: break
        }
    }

    private mutating func dispatch() -> ReceivedEvent? {
        defer {
            name = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return ReceivedEvent(id: id, name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"))
    }
}
