import SystemPackage

/// Files of a few lines that the kernel makes: /proc and /sys.
enum SmallFile {
    /// The first 64 KiB as text, or nil where the file cannot be read.
    static func read(_ path: String) -> String? {
        guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        let room = 64 << 10
        while bytes.count < room {
            let piece = try? [UInt8](unsafeUninitializedCapacity: room - bytes.count) { buffer, count in
                count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard let piece else { return nil }
            if piece.isEmpty { break }
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes a value to a file that exists. Failure is silent: every caller asks for a favour the kernel may refuse.
    static func write(_ text: String, to path: String) {
        guard let file = try? FileDescriptor.open(FilePath(path), .writeOnly, options: .closeOnExec) else { return }
        defer { try? file.close() }
        _ = try? file.writeAll(text.utf8)
    }
}
