import FoundationEssentials
import Glibc
import YggCore

/// What a command takes from the process around it. Pieces that decide get these values handed in.
enum ProcessContext {
    static var environment: [String: String] { ProcessInfo.processInfo.environment }

    static var workingDirectory: String { FileManager.default.currentDirectoryPath }

    /// A variable's value; an empty one counts as not set.
    static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }

    /// Who runs the command, and where: what is told to others as the one who asked.
    static var user: String {
        let user = variable("USER") ?? variable("LOGNAME") ?? "uid \(getuid())"
        return hostName.isEmpty ? user : "\(user)@\(hostName)"
    }

    /// The name of this machine; empty where it has none.
    static var hostName: String {
        var host = [CChar](repeating: 0, count: 256)
        guard gethostname(&host, host.count - 1) == 0 else { return "" }
        return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
