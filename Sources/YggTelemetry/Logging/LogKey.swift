package import Logging

/// The keys of log metadata: all of them, so that one thing has one name in every line of every process.
package enum LogKey: String, Sendable, Hashable, CaseIterable {
    case taskID = "task.id"
    case taskKind = "task.kind"
    case taskState = "task.state"
    case executorID = "executor.id"
    case executorState = "executor.state"
    case bootID = "executor.bootId"
    case leaseEpoch = "lease.epoch"
    case leaseTTL = "lease.ttlMs"
    case attempt = "attempt"
    case requestID = "request.id"
    case method = "request.method"
    case path = "request.path"
    case status = "response.status"
    case duration = "durationMs"
    case count = "count"
    case bytes = "bytes"
    case address = "address"
    case file = "file"
    case command = "process.command"
    case processID = "process.id"
    case exitCode = "process.exitCode"
    case signal = "process.signal"
    case reason = "reason"
    case error = "error"
}

extension Logger {
    /// Metadata that every message of this logger carries from now on.
    package subscript(_ key: LogKey) -> Metadata.Value? {
        get { self[metadataKey: key.rawValue] }
        set { self[metadataKey: key.rawValue] = newValue }
    }
}

extension Logger.Metadata {
    /// Metadata of one message: `logger.info("Task granted", metadata: .of([.taskID: "\(id)"]))`.
    package static func of(_ values: [LogKey: Logger.MetadataValue]) -> Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        for (key, value) in values { metadata[key.rawValue] = value }
        return metadata
    }
}
