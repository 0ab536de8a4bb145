package import YggCore

/// `services:`, the agents of others: how long they may be silent, and what is known of single ones.
package struct ServicesSection: Sendable, Hashable {
    package var ttl: Milliseconds?
    package var entries: [KnownService] = []

    /// One that is heard every third of less than a second would be asked for more than its network can keep.
    static let ttlRange: ClosedRange<Milliseconds> = .seconds(1)...Milliseconds.hours(1)

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        ttl = reader.read("ttl", .duration(ServicesSection.ttlRange))
        entries = reader.list("entries", KnownService.init(reading:)) ?? entries
        reader.refuseRepeated("id", in: "entries")
    }
}

/// A service whose address is written down, so that nobody else can register under its id.
package struct KnownService: Sendable, Hashable {
    package let id: ExecutorID
    package let url: String
    /// What to authenticate with towards it.
    package let token: SecretReference?

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        id = try reader.required("id") { $0.read("id", .executorID) }
        url = try reader.required("url") { $0.read("url", .url) }
        token = reader.read("token", .secret)
    }
}
