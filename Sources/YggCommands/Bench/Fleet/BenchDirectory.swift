import FoundationEssentials
import Glibc

/// The directory of one run: data of the processes, their output, probe files. Removed at the end.
struct BenchDirectory: Sendable {
    let path: String

    /// - Parameters:
    ///   - explicit: where somebody asked for it to be made.
    ///   - usual: the data directory of this installation.
    init(explicit: String?, usual: String) throws {
        let temporary = ProcessContext.variable("TMPDIR")
        let candidates = explicit.map { [$0] } ?? ([usual] + (temporary.map { [$0] } ?? []) + ["/var/tmp"])
        for candidate in candidates {
            if explicit == nil, Self.isInMemory(candidate) { continue }
            do { try makeDirectories(candidate) } catch  where explicit == nil { continue }
            var template = Array("\(candidate)/ygg-bench-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { continue }
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return
        }
        throw CommandFailure(
            "No directory for the benchmark can be made in \(candidates.joined(separator: ", ")).",
            next: "Name one on a real disk with --data-dir.",
            status: .usage
        )
    }

    func subdirectory(_ name: String) throws -> String {
        let directory = "\(path)/\(name)"
        try makeDirectories(directory)
        return directory
    }

    func remove(_ subdirectory: String) { try? FileManager.default.removeItem(atPath: "\(path)/\(subdirectory)") }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// The type of the file system, as the kernel names it.
    var fileSystem: String { Self.fileSystem(of: path) ?? "unknown" }

    /// Whether a path lies in memory, where an fsync costs nothing and measures nothing.
    private static func isInMemory(_ path: String) -> Bool {
        ["tmpfs", "ramfs"].contains(fileSystem(of: path) ?? "")
    }

    private static func fileSystem(of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/mounts") else { return nil }
        var best: (point: Substring, type: Substring)?
        let text = String(decoding: data, as: UTF8.self)
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            let point = fields[1]
            let isAbove = point == "/" || path == point || path.hasPrefix("\(point)/")
            if isAbove, point.count >= best?.point.count ?? 0 { best = (point, fields[2]) }
        }
        return best.map { String($0.type) }
    }
}
