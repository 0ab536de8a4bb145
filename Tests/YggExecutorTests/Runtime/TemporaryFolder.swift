import Glibc
import SystemPackage
import YggProcess

/// A directory of its own, gone with the last reference.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = "/tmp/ygg-test-\(getpid())-\(UInt64.random(in: .min ... .max))"
        mkdir(path, 0o700)
    }

    deinit { Self.remove(path) }

    func names(in folder: String = "") -> [String] { Self.names("\(path)/\(folder)") }

    static func names(_ path: String) -> [String] {
        ((try? DirectoryNames.read(path)) ?? []).sorted()
    }

    static func remove(_ path: String) {
        // A link goes as what it is: what lies behind it is not ours. The system refuses this for a directory alone.
        guard unlink(path) != 0, errno == EISDIR || errno == EPERM else { return }
        for name in names(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    static func read(_ path: String) throws -> [UInt8] {
        let file = try FileDescriptor.open(FilePath(path), .readOnly)
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
            bytes += buffer[..<count]
        }
        return bytes
    }

    static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
        let file = try FileDescriptor.open(
            FilePath(path),
            .writeOnly,
            options: [.create, .truncate],
            permissions: [.ownerReadWrite]
        )
        defer { try? file.close() }
        _ = try file.writeAll(bytes)
    }
}
