package import YggCore

/// One thing an executor says about an attempt. `n` counts from 1 per lease.
package struct ReportEntry: Sendable {
    package enum Body: Sendable {
        case event(EventDraft)
        case final(FinalReport)
        /// Ends the attempt with something that a person must see, and with the result as it is so far.
        case question(ApprovalQuestion, result: JSONObject)
    }

    package var key: LeaseKey
    package var n: Int64
    package var body: Body

    package init(key: LeaseKey, n: Int64, body: Body) {
        self.key = key
        self.n = n
        self.body = body
    }

    package var json: JSONObject {
        var object = key.json
        object.append("n", .int(n))
        switch body {
        case .event(let draft): object.append("event", .object(draft.json))
        case .final(let report): object.append("final", .object(report.json))
        case .question(let question, let result):
            object.append("question", .object(question.json))
            if !result.isEmpty { object.append("result", .object(result)) }
        }
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let key = try LeaseKey(reading: &reader)
        let n = try reader.required("n") { $0.int("n", in: 1...Int64.max) }
        if let draft = reader.nested("event", { nested throws(InvalidInput) in try EventDraft(reading: &nested) }) {
            self.init(key: key, n: n, body: .event(draft))
        } else if let report = reader.nested(
            "final",
            { nested throws(InvalidInput) in
                try FinalReport(reading: &nested)
            }
        ) {
            self.init(key: key, n: n, body: .final(report))
        } else if let question = reader.nested(
            "question",
            { nested throws(InvalidInput) in
                try ApprovalQuestion(reading: &nested)
            }
        ) {
            self.init(key: key, n: n, body: .question(question, result: reader.object("result") ?? JSONObject()))
        } else {
            reader.complain("event", "or final or question is required")
            throw InvalidInput(issues: reader.issues)
        }
    }
}

extension FinalReport {
    package var json: JSONObject {
        var object = JSONObject()
        switch ending {
        case .finished(let outcome): object.append("outcome", .string(outcome.rawValue))
        case .interrupted(let interruption): object.append("interrupted", .string(interruption.rawValue))
        }
        if !result.isEmpty { object.append("result", .object(result)) }
        if let error { object.append("error", .object(error.json)) }
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let ending: Ending
        if let outcome = reader.choice("outcome", of: Outcome.self) {
            ending = .finished(outcome)
        } else if let interruption = reader.choice("interrupted", of: Interruption.self) {
            ending = .interrupted(interruption)
        } else {
            reader.complain("outcome", "is required")
            throw InvalidInput(issues: reader.issues)
        }
        self.init(
            ending: ending,
            result: reader.object("result") ?? JSONObject(),
            error: reader.nested("error") { nested throws(InvalidInput) in try TaskError(reading: &nested) }
        )
    }
}

/// The body of `POST /v1/executors/{id}/reports`.
package struct ReportsRequest: Sendable {
    package var bootID: String
    package var storeID: String
    package var seen: Int64
    package var held: [LeaseKey]
    package var entries: [ReportEntry]
    /// Leases of which something was said that cannot be read. It is refused alone: what is said of others counts.
    package var unreadable: Set<LeaseKey> = []

    /// The body around entries that are already encoded: the spool keeps them as they are sent.
    package static func bytes(
        bootID: String,
        storeID: String,
        seen: Int64,
        held: [LeaseKey],
        entries: some Sequence<[UInt8]>
    ) -> [UInt8] {
        var head: JSONObject = ["bootId": .string(bootID), "storeId": .string(storeID), "seen": .int(seen)]
        head.append("held", .array(held.map { .object($0.json) }))
        var out = head.bytes
        out.removeLast()
        out.append(contentsOf: ",\"entries\":[".utf8)
        for (index, entry) in entries.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: entry)
        }
        out.append(contentsOf: "]}".utf8)
        return out
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        bootID = try reader.required("bootId") { $0.string("bootId", maxLength: 128) }
        storeID = try reader.required("storeId") { $0.string("storeId", maxLength: 128) }
        seen = try reader.required("seen") { $0.int("seen") }
        held = try [LeaseKey](held: &reader)
        entries = []
        for (index, json) in (reader.array("entries", maxCount: 100_000) ?? []).enumerated() {
            var entry = try ObjectReader(json, at: "/entries/\(index)")
            entry.ignoresUnknown = true
            do throws(InvalidInput) {
                entries.append(try ReportEntry(reading: &entry))
            } catch {
                // Whose it is must be known at least.
                unreadable.insert(try LeaseKey(reading: &entry))
            }
        }
        try reader.finish()
    }
}

/// The answer: a verdict for every lease that the request spoke of, and the statement.
package struct ReportsAnswer: Sendable {
    package var verdicts: [Outbox.Verdict]
    package var message: StatementMessage

    package init(verdicts: [Outbox.Verdict], message: StatementMessage) {
        self.verdicts = verdicts
        self.message = message
    }

    package var json: JSONObject {
        var object = message.json
        object.append("verdicts", .array(verdicts.map { .object($0.json) }))
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        self.init(
            verdicts: reader.list("verdicts", maxCount: 100_000) { nested throws(InvalidInput) in
                try Outbox.Verdict(reading: &nested)
            } ?? [],
            message: try StatementMessage(reading: &reader)
        )
    }
}

extension Outbox.Verdict {
    package var json: JSONObject {
        switch self {
        case .accepted(let key, let upTo):
            var object = key.json
            object.append("upTo", .int(upTo))
            return object
        case .leaseLost(let key): return Self.refusal(key, "lease-lost")
        case .gap(let key, let expected):
            var object = Self.refusal(key, "gap")
            object.append("expected", .int(expected))
            return object
        case .artifactMissing(let key, let upTo):
            var object = Self.refusal(key, "artifact-missing")
            object.append("upTo", .int(upTo))
            return object
        }
    }

    private static func refusal(_ key: LeaseKey, _ reason: String) -> JSONObject {
        var object = key.json
        object.append("refused", .string(reason))
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let key = try LeaseKey(reading: &reader)
        switch reader.string("refused") {
        case nil: self = .accepted(key, upTo: try reader.required("upTo") { $0.int("upTo", in: 0...Int64.max) })
        case "lease-lost": self = .leaseLost(key)
        case "gap":
            self = .gap(key, expected: try reader.required("expected") { $0.int("expected", in: 1...Int64.max) })
        case "artifact-missing":
            self = .artifactMissing(key, upTo: try reader.required("upTo") { $0.int("upTo", in: 0...Int64.max) })
        case .some(let reason): throw InvalidInput(reader.path("refused"), "is not a known reason: \(reason)")
        }
    }
}
