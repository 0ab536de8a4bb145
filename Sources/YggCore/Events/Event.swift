/// What an entry of a task's log is about.
package enum EventType: String, Sendable, Hashable, CaseIterable {
    case state, output, message, toolCall, toolResult, artifact, approval, progress
    /// Entries that were lost or cut away, so that a reader knows.
    case gap
}

/// An entry before the coordinator gave it a place in the log.
package struct EventDraft: Sendable, Hashable {
    package var at: Timestamp
    package var type: EventType
    package var data: JSONObject

    package init(at: Timestamp, type: EventType, data: JSONObject) {
        self.at = at
        self.type = type
        self.data = data
    }

    package func numbered(_ seq: Int64) -> Event { Event(seq: seq, at: at, type: type, data: data) }
}

/// One entry of a task's log. `seq` is dense: from 1, without holes, in the order of commits.
package struct Event: Sendable, Hashable {
    package var seq: Int64
    package var at: Timestamp
    package var type: EventType
    package var data: JSONObject

    package init(seq: Int64, at: Timestamp, type: EventType, data: JSONObject) {
        self.seq = seq
        self.at = at
        self.type = type
        self.data = data
    }

    package var json: JSONObject {
        [
            "seq": .int(seq), "at": .string(at.description), "type": .string(type.rawValue), "data": .object(data),
        ]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let draft = try EventDraft(reading: &reader)
        self = draft.numbered(try reader.required("seq") { $0.int("seq") })
    }
}

extension EventDraft {
    package var json: JSONObject {
        ["at": .string(at.description), "type": .string(type.rawValue), "data": .object(data)]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let text = try reader.required("at") { $0.string("at") }
        guard let at = Timestamp(parsing: text) else {
            throw InvalidInput(reader.path("at"), "is not an RFC 3339 time")
        }
        self.init(
            at: at,
            type: try reader.required("type") { $0.choice("type", of: EventType.self) },
            data: reader.object("data") ?? JSONObject()
        )
    }
}
