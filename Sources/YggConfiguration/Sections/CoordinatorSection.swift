package import YggCore

/// `coordinator:`, what the control plane reads.
package struct CoordinatorSection: Sendable, Hashable {
    /// An address, or a name that this machine knows as one of its own.
    package var host: String?
    package var port: Int?
    /// How the coordinator is reached from elsewhere; its host is one that requests may name.
    package var publicURL: String?
    package var leaseTTL: Milliseconds?
    /// How long after the start executors with fixed addresses may register before they are called.
    package var registrationGrace: Milliseconds?
    package var retention = Retention()
    package var limits = Limits()
    /// Where the registry of images is, for `/health`.
    package var registryURL: String?

    /// Bytes that must be free where the data is.
    package var diskFloor: ByteSize?

    /// What of finished work is kept.
    package struct Retention: Sendable, Hashable {
        package var age: Milliseconds?
        package var size: ByteSize?
        package var audit: Milliseconds?
    }

    /// What a request may carry.
    package struct Limits: Sendable, Hashable {
        /// The body of an ordinary call.
        package var body: ByteSize?
        /// The body of a batch of tasks or of an executor's report.
        package var largeBody: ByteSize?
        package var artifact: ByteSize?
        /// Tasks of one batch.
        package var batch: Int?
        package var headers: ByteSize?
        /// Entries of one task's log.
        package var events: Int?
        /// Unfinished tasks of one submitter.
        package var openTasks: Int?
        /// Of one token.
        package var requestsPerSecond: Int?
    }

    /// Shorter than a second, the network's own jitter would end leases; longer than an hour, nobody notices a loss.
    static let leaseTTLRange: ClosedRange<Milliseconds> = .seconds(1)...Milliseconds.hours(1)
    static let registrationGraceRange: ClosedRange<Milliseconds> = .zero...Milliseconds.hours(1)
    static let retentionAgeRange: ClosedRange<Milliseconds> = .minutes(1)...Milliseconds.days(36_500)
    static let retentionSizeRange = ByteSize.mebibytes(1)...ByteSize(bytes: .max)
    static let diskFloorRange = ByteSize(bytes: 0)...ByteSize(bytes: 1 << 50)
    /// An executor's registration, with the parameters of all its kinds, must fit.
    static let bodyRange = ByteSize(bytes: 64 << 10)...ByteSize.gibibytes(1)
    /// A report has up to 1 MiB of entries, and what stands around them.
    static let largeBodyRange = ByteSize.mebibytes(2)...ByteSize.gibibytes(1)
    /// A token, and what browsers and proxies add, must fit; more than that the server itself does not read.
    static let headerRange = ByteSize(bytes: 4 << 10)...ByteSize(bytes: 64 << 10)
    static let eventRange: ClosedRange<Int64> = 100...1_000_000_000
    static let batchRange: ClosedRange<Int64> = 1...100_000
    static let openTaskRange: ClosedRange<Int64> = 1...1_000_000
    static let requestRange: ClosedRange<Int64> = 0...1_000_000
    static let artifactRange = ByteSize(bytes: 1 << 10)...ByteSize.gibibytes(64)

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        host = reader.read("host", .host)
        port = reader.port("port")
        publicURL = reader.read("publicUrl", .url)
        leaseTTL = reader.read("leaseTTL", .duration(CoordinatorSection.leaseTTLRange))
        registrationGrace = reader.read(
            "registrationGrace",
            .duration(CoordinatorSection.registrationGraceRange)
        )
        retention = reader.nested("retention", Retention.init(reading:)) ?? retention
        diskFloor = reader.read("diskFloor", .size(CoordinatorSection.diskFloorRange))
        limits = reader.nested("limits", Limits.init(reading:)) ?? limits
        registryURL = reader.nested("registry") { nested in nested.read("url", .url) } ?? nil
    }
}

extension CoordinatorSection.Retention {
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        age = reader.read("age", .duration(CoordinatorSection.retentionAgeRange))
        size = reader.read("size", .size(CoordinatorSection.retentionSizeRange))
        audit = reader.read("audit", .duration(CoordinatorSection.retentionAgeRange))
    }
}

extension CoordinatorSection.Limits {
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        body = reader.read("body", .size(CoordinatorSection.bodyRange))
        largeBody = reader.read("largeBody", .size(CoordinatorSection.largeBodyRange))
        artifact = reader.read("artifact", .size(CoordinatorSection.artifactRange))
        batch = reader.int("batch", in: CoordinatorSection.batchRange).map { Int($0) }
        headers = reader.read("headers", .size(CoordinatorSection.headerRange))
        events = reader.int("events", in: CoordinatorSection.eventRange).map { Int($0) }
        openTasks = reader.int("openTasks", in: CoordinatorSection.openTaskRange).map { Int($0) }
        requestsPerSecond = reader.int("requestsPerSecond", in: CoordinatorSection.requestRange).map { Int($0) }
    }
}
