package import Logging
package import YggCore

/// One message with everything that is known about it, before it is text.
package struct LogRecord: Sendable {
    package let time: Timestamp
    package let level: Logger.Level
    package let label: String
    package let message: String
    /// Metadata with nested dictionaries flattened to dotted keys, sorted by key.
    package let fields: [(key: String, value: JSON)]

    package init(
        time: Timestamp,
        level: Logger.Level,
        label: String,
        message: String,
        metadata: Logger.Metadata
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        var fields: [(key: String, value: JSON)] = []
        for (key, value) in metadata { LogRecord.flatten(value, key, into: &fields) }
        self.fields = fields.sorted { $0.key < $1.key }
    }

    private init(_ record: LogRecord, message: String, fields: [(key: String, value: JSON)]) {
        (time, level, label) = (record.time, record.level, record.label)
        self.message = message
        self.fields = fields
    }

    /// The record without secrets, wherever in it they stand.
    func redacted(_ patterns: SecretPatterns) -> LogRecord {
        LogRecord(
            self,
            message: patterns.redacted(message),
            fields: fields.map { (patterns.redacted($0.key), patterns.redacted($0.value)) }
        )
    }

    private static func flatten(
        _ value: Logger.MetadataValue,
        _ key: String,
        into fields: inout [(key: String, value: JSON)]
    ) {
        guard case .dictionary(let members) = value else {
            fields.append((key, json(value)))
            return
        }
        for (name, member) in members { flatten(member, "\(key).\(name)", into: &fields) }
    }

    private static func json(_ value: Logger.MetadataValue) -> JSON {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): json(of: value)
        case .array(let values): .array(values.map(json))
        case .dictionary(let members):
            .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, json($0.value)) }))
        }
    }

    /// Numbers and booleans stay what they are, so that a log can be summed and compared.
    private static func json(of value: any CustomStringConvertible) -> JSON {
        switch value {
        case let flag as Bool: .bool(flag)
        case let number as any BinaryInteger: Int64(exactly: number).map(JSON.int) ?? .string(value.description)
        case let number as Double where number.isFinite: .double(number)
        default: .string(value.description)
        }
    }
}

extension LogRecord {
    /// The keys every line begins with. Metadata of the same name moves out of their way.
    private static let reserved: Set = ["time", "level", "message", "label"]

    /// One JSON object and a line feed.
    package var jsonLine: [UInt8] {
        var object: JSONObject = [
            "time": .string(time.description), "level": .string(level.rawValue), "message": .string(message),
            "label": .string(label),
        ]
        for field in fields {
            object.append(LogRecord.reserved.contains(field.key) ? "metadata.\(field.key)" : field.key, field.value)
        }
        var line: [UInt8] = []
        line.reserveCapacity(256)
        object.write(to: &line)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// One line for people: time of day in UTC, level, message, then what it is about.
    /// - Parameter colours: whether the level may be coloured, as on a terminal.
    package func humanLine(colours: Bool) -> [UInt8] {
        let clock = time.description.dropFirst(11).prefix(12)
        let name = level.rawValue.uppercased()
        let padded = name + String(repeating: " ", count: max(0, 8 - name.utf8.count))
        var line = "\(clock) \(colours ? coloured(padded) : padded) \(oneLine(message))"
        for field in fields {
            let text = if case .string(let string) = field.value { string } else { field.value.text }
            line +=
                " \(field.key)=\(text.contains(where: { $0.isWhitespace || $0 == "\"" }) ? JSON.string(text).text : oneLine(text))"
        }
        return Array("\(line)\n".utf8)
    }

    private func coloured(_ text: String) -> String {
        let code =
            switch level {
            case .trace, .debug: "2"
            case .info: "36"
            case .notice: "32"
            case .warning: "33"
            case .error, .critical: "31"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// Output of others ends up in messages: it may neither begin a line of its own nor command the terminal.
    private func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return String(JSON.string(text).text.dropFirst().dropLast())
    }
}
