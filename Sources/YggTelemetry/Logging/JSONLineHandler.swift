package import Logging
package import YggCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes every message as one line to each of its destinations: JSON, or something shorter on a terminal.
///
/// A line is handed over whole, before the call returns: the last words of a process that dies are not lost. That costs
/// a system call a line, so what happens a thousand times a second is logged at `debug` or not at all.
package struct JSONLineHandler: LogHandler {
    package let label: String
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let destinations: [LogDestination]
    private let secrets: KnownSecrets?
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - secrets: what is not written, whoever logs it.
    ///   - now: for tests; by default the wall clock.
    package init(
        label: String,
        level: Logger.Level = .info,
        metadataProvider: Logger.MetadataProvider? = nil,
        destinations: [LogDestination],
        secrets: KnownSecrets? = nil,
        now: @escaping @Sendable () -> Timestamp = { .wallClock }
    ) {
        self.label = label
        logLevel = level
        self.metadataProvider = metadataProvider
        self.destinations = destinations
        self.secrets = secrets
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error, all[LogKey.error.rawValue] == nil { all[LogKey.error.rawValue] = "\(error)" }
        var record = LogRecord(
            time: now(),
            level: event.level,
            label: label,
            message: event.message.description,
            metadata: all
        )
        if let patterns = secrets?.patterns, !patterns.isEmpty { record = record.redacted(patterns) }
        for destination in destinations { destination.write(record) }
    }
}

extension Timestamp {
    /// What log lines are stamped with.
    package static var wallClock: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
