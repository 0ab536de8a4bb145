/// An agent that is not ours, as it registered: any HTTP server with `/health /info /execute /status /action /logs`.
package struct AgentService: Sendable, Hashable {
    package var id: ExecutorID
    package var address: AgentAddress
    /// What it says of itself. `kinds`, `slots`, `labels`, `name`, `version` and `idempotent` are read, the rest is
    /// shown.
    package var metadata: JSONObject
    package var registeredAt: Timestamp

    package init(id: ExecutorID, address: AgentAddress, metadata: JSONObject, registeredAt: Timestamp) {
        self.id = id
        self.address = address
        self.metadata = metadata
        self.registeredAt = registeredAt
    }

    /// Whether it answers a request that repeats an `Idempotency-Key` with the result it gave, however long ago and
    /// whatever happened to it since. Only then is it ever asked twice.
    package var isIdempotent: Bool { metadata["idempotent"]?.boolValue ?? false }

    /// What it takes, in the terms in which executors offer.
    /// - Throws: what is wrong with its metadata.
    package func offer() throws(InvalidInput) -> ExecutorOffer {
        var reader = ObjectReader(metadata, at: "/metadata")
        reader.ignoresUnknown = true
        let kinds = Self.kinds(&reader)
        let slots = Self.slots(&reader)
        var labels: [String: String] = [:]
        for member in reader.object("labels")?.members ?? [] {
            if let value = member.value.stringValue {
                labels[member.key] = value
            } else {
                reader.complain("labels", "must map names to strings")
            }
        }
        _ = reader.bool("idempotent")
        let name = reader.string("name", maxLength: 128) ?? id.rawValue
        let version = reader.string("version", maxLength: 128) ?? ""
        try reader.finish()
        return ExecutorOffer(
            id: id,
            name: name,
            url: address.url,
            version: version,
            kinds: kinds,
            slots: slots,
            window: 0,
            labels: labels,
            repositories: [],
            resources: JSONObject()
        )
    }

    /// Names alone, or kinds as executors describe them. Where there is only a name, its parameters are the service's
    /// own business.
    private static func kinds(_ reader: inout ObjectReader) -> [KindSpec] {
        var kinds: [KindSpec] = []
        for (index, element) in (reader.array("kinds") ?? []).enumerated() {
            if let name = element.stringValue {
                guard let kind = TaskKind(name) else {
                    reader.complain("kinds", at: index, "must look like prefix-verb in lower case, not \"\(name)\"")
                    continue
                }
                kinds.append(KindSpec(kind: kind, description: "", origin: .declared, acceptsAnyParams: true))
            } else {
                do throws(InvalidInput) {
                    var nested = try ObjectReader(element, at: "\(reader.path("kinds"))/\(index)")
                    nested.ignoresUnknown = true
                    var spec = try KindSpec(reading: &nested)
                    if element["params"] == nil { spec.acceptsAnyParams = true }
                    try nested.finish()
                    kinds.append(spec)
                } catch {
                    reader.adopt(error)
                }
            }
        }
        // Nobody can know how far a vanished stranger got, so its work is never repeated unasked.
        for index in kinds.indices { kinds[index].onLost = .fail }
        return kinds
    }

    /// A number, or an object of them by name; 1 where it says nothing.
    private static func slots(_ reader: inout ObjectReader) -> Slots {
        guard let value = reader.value("slots") else { return .one }
        if let count = value.intValue {
            guard (1...10_000).contains(count) else {
                reader.complain("slots", "must be from 1 to 10000, not \(count)")
                return .one
            }
            return Slots(["default": Int(count)])
        }
        do throws(InvalidInput) {
            return try Slots(value, at: reader.path("slots"))
        } catch {
            reader.adopt(error)
            return .one
        }
    }
}
