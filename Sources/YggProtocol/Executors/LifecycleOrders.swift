package import YggCore

extension Lifecycle.Order {
    /// The longest drain timeout that can be asked for.
    package static let longestDrain = Milliseconds.days(7)

    /// The body of `POST …/action`, as both servers take it.
    /// - Parameter by: who asks, where the body does not say.
    package init(request reader: inout ObjectReader, by principal: String) throws(InvalidInput) {
        let action = try reader.required("action") { $0.choice("action", of: LifecycleAction.self) }
        self.init(
            action: action,
            by: reader.string("by", maxLength: 128) ?? principal,
            why: reader.string("note", maxLength: 1000),
            until: reader.time("until"),
            drainTimeout: reader.int("drainTimeoutMs", in: 0...Self.longestDrain.rawValue).map { Milliseconds($0) }
        )
        if until != nil, action != .pause, action != .drain {
            reader.complain("until", "belongs to pause and drain: nothing ends a \(action.rawValue) by itself")
        }
        if drainTimeout != nil, action == .pause || action == .resume {
            reader.complain("drainTimeoutMs", "belongs to drain, stop and restart: \(action.rawValue) ends no work")
        }
        try reader.finish()
    }

    /// The body by which a client asks for it.
    package var request: JSONObject {
        var object: JSONObject = ["action": .string(action.rawValue), "by": .string(by)]
        object.append("note", .optional(why))
        object.append("until", .optional(until?.description))
        object.append("drainTimeoutMs", drainTimeout.map { .int($0.rawValue) })
        return object
    }
}

extension StandingOrder {
    package var json: JSONObject {
        var object: JSONObject = [
            "number": .int(number), "bootId": .string(bootID), "action": .string(order.action.rawValue),
            "by": .string(order.by),
        ]
        object.append("why", .optional(order.why))
        object.append("until", .optional(order.until?.description))
        object.append("drainTimeoutMs", order.drainTimeout.map { .int($0.rawValue) })
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        self.init(
            number: try reader.required("number") { $0.int("number", in: 1...Int64.max) },
            order: Lifecycle.Order(
                action: try reader.required("action") { $0.choice("action", of: LifecycleAction.self) },
                by: reader.string("by") ?? "coordinator",
                why: reader.string("why"),
                until: reader.time("until"),
                drainTimeout: reader.int("drainTimeoutMs", in: 0...Int64.max).map { Milliseconds($0) }
            ),
            bootID: try reader.required("bootId") { $0.string("bootId") }
        )
        try reader.finish()
    }
}

extension LifecycleAccount {
    package var json: JSONObject {
        var object: JSONObject = ["state": .string(state.rawValue), "order": .int(order)]
        object.append("since", .optional(since?.description))
        object.append("by", .optional(by))
        object.append("why", .optional(why))
        object.append("until", .optional(until?.description))
        return object
    }

    /// Reads what an executor says of itself among other members.
    package init(reading reader: inout ObjectReader) {
        self.init(
            state: reader.choice("state", of: ExecutorState.self) ?? .running,
            since: reader.time("since"),
            by: reader.string("by", maxLength: 128),
            why: reader.string("why", maxLength: 1000),
            until: reader.time("until"),
            order: reader.int("order", in: 0...Int64.max) ?? 0
        )
    }
}

extension ObjectReader {
    /// An RFC 3339 time.
    package mutating func time(_ key: String) -> Timestamp? {
        guard let text = string(key, maxLength: 64) else { return nil }
        let time = Timestamp(parsing: text)
        if time == nil { complain(key, "must be an RFC 3339 time such as 2026-03-01T07:00:00Z") }
        return time
    }
}
