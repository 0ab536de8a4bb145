import FoundationEssentials
import Glibc

/// Who listens on a port of this machine, as far as this user may know.
enum PortHolder {
    enum Holder: Sendable, Hashable {
        case nobody
        /// Of another user, as a rule.
        case somebody
        case process(name: String, pid: Int)
    }

    /// `ygg (pid 4711)`, or nil where nobody can be named.
    static func describe(port: Int) -> String? {
        guard case .process(let name, let pid) = find(port: port) else { return nil }
        return "\(name) (pid \(pid))"
    }

    static func find(port: Int) -> Holder {
        let inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeners(in: $0, port: port) }
        guard !inodes.isEmpty else { return .nobody }
        let wanted = Set(inodes.map { "socket:[\($0)]" })
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = Int(name) else { continue }
            let folder = "/proc/\(pid)/fd"
            for descriptor in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                guard
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(descriptor)"),
                    wanted.contains(target)
                else { continue }
                return .process(name: text("/proc/\(pid)/comm") ?? "a process", pid: pid)
            }
        }
        return .somebody
    }

    /// The inodes of sockets that listen on the port: state 0A, the port in hexadecimal after the address.
    private static func listeners(in path: String, port: Int) -> [Substring] {
        let suffix = ":" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
        return (text(path) ?? "").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[1].hasSuffix(suffix), fields[3] == "0A" else { return nil }
            return fields[9]
        }
    }

    private static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        var text = String(decoding: data, as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: "0", count: max(0, width - count)) + self
    }
}
