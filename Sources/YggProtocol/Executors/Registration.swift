package import YggCore

/// The versions of the executor protocol that this build speaks.
package enum ProtocolVersion {
    package static let range: ClosedRange<Int64> = 1...1
}

/// The body of `POST /v1/executors`: who an executor is and what it offers.
package struct Registration: Sendable {
    package var offer: ExecutorOffer
    /// Random, kept in the executor's data directory: tells two machines of one name apart.
    package var instance: String
    /// New at every start.
    package var bootID: String
    /// Counts what the instance has begun to serve, so that an earlier life's word, long under way, is told from the
    /// latest; nil where the executor does not say.
    package var life: Int64?
    package var host: String
    package var protocolRange: ClosedRange<Int64>
    /// The store it last spoke to.
    package var storeID: String?

    package init(
        offer: ExecutorOffer,
        instance: String,
        bootID: String,
        life: Int64? = nil,
        host: String,
        protocolRange: ClosedRange<Int64> = ProtocolVersion.range,
        storeID: String?
    ) {
        self.offer = offer
        self.instance = instance
        self.bootID = bootID
        self.life = life
        self.host = host
        self.protocolRange = protocolRange
        self.storeID = storeID
    }

    package var json: JSONObject {
        var object = offer.json
        object.append("instance", .string(instance))
        object.append("bootId", .string(bootID))
        object.append("life", .optional(life))
        object.append("host", .string(host))
        object.append("protocol", [.int(protocolRange.lowerBound), .int(protocolRange.upperBound)])
        object.append("storeId", .optional(storeID))
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let range = reader.array("protocol")?.compactMap(\.intValue) ?? []
        guard range.count == 2, range[0] <= range[1] else {
            throw InvalidInput(reader.path("protocol"), "must be [min, max], the versions the executor speaks")
        }
        let offer = try ExecutorOffer(reading: &reader)
        self.init(
            offer: offer,
            instance: try reader.required("instance") { $0.string("instance", maxLength: 128) },
            bootID: try reader.required("bootId") { $0.string("bootId", maxLength: 128) },
            life: reader.int("life", in: 0...Int64.max),
            host: reader.string("host", maxLength: 255) ?? "",
            protocolRange: range[0]...range[1],
            storeID: reader.string("storeId", maxLength: 128)
        )
        try reader.finish()
    }
}

extension ExecutorOffer {
    package var json: JSONObject {
        var object: JSONObject = ["id": .string(id.rawValue), "name": .string(name)]
        object.append("url", .optional(url))
        object.append("version", .string(version))
        object.append("kinds", .array(kinds.map { .object($0.json) }))
        object.append("slots", slots.json)
        object.append("window", .int(Int64(window)))
        object.append(
            "labels",
            .object(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        )
        object.append("repositories", .array(repositories.map(JSON.string)))
        object.append("resources", .object(resources))
        object.append("phases", .array(Phase.allCases.filter(phases.contains).map { .string($0.rawValue) }))
        return object
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        // A newer executor may say more than this version knows.
        reader.ignoresUnknown = true
        let text = try reader.required("id") { $0.string("id", maxLength: 64) }
        guard let id = ExecutorID(text) else {
            throw InvalidInput(reader.path("id"), "must be 1 to 64 letters, digits, dots, dashes and underscores")
        }
        var labels: [String: String] = [:]
        for member in reader.object("labels")?.members ?? [] {
            guard let value = member.value.stringValue else {
                throw InvalidInput(reader.path("labels"), "must map names to strings")
            }
            labels[member.key] = value
        }
        let slotsPath = reader.path("slots")
        self.init(
            id: id,
            name: reader.string("name", maxLength: 128) ?? text,
            url: reader.string("url", maxLength: 2048),
            version: reader.string("version", maxLength: 128) ?? "",
            kinds: reader.list("kinds") { nested throws(InvalidInput) in try KindSpec(reading: &nested) } ?? [],
            slots: try Slots(reader.value("slots") ?? ["default": 1], at: slotsPath),
            window: Int(reader.int("window", in: 0...1000) ?? 0),
            labels: labels,
            repositories: reader.strings("repositories") ?? [],
            resources: reader.object("resources") ?? JSONObject(),
            // A newer one may know phases that this version does not send.
            phases: reader.strings("phases").map { Set($0.compactMap(Phase.init(rawValue:))) } ?? [.run]
        )
        if !reader.issues.isEmpty { throw InvalidInput(issues: reader.issues) }
    }
}

/// The answer to a registration.
package struct RegistrationAnswer: Sendable {
    package var storeID: String
    package var ttl: Milliseconds
    package var protocolVersion: Int64

    package init(storeID: String, ttl: Milliseconds, protocolVersion: Int64) {
        self.storeID = storeID
        self.ttl = ttl
        self.protocolVersion = protocolVersion
    }

    package var json: JSONObject {
        [
            "storeId": .string(storeID), "leaseTtlMs": .int(ttl.rawValue), "protocol": .int(protocolVersion),
        ]
    }

    package init(reading reader: inout ObjectReader) throws(InvalidInput) {
        reader.ignoresUnknown = true
        self.init(
            storeID: try reader.required("storeId") { $0.string("storeId") },
            ttl: Milliseconds(try reader.required("leaseTtlMs") { $0.int("leaseTtlMs", in: 1...Int64.max) }),
            protocolVersion: try reader.required("protocol") { $0.int("protocol") }
        )
    }
}
