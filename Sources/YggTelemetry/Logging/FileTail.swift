#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The last lines of a file, oldest first, read from its end; none where there is no such file.
/// - Parameter maxBytes: a line that would go beyond it, and all before it, are left out.
func fileTail(_ path: String, lines count: Int, maxBytes: Int) -> [String] {
    guard count > 0 else { return [] }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var start = Int(lseek(descriptor, 0, SEEK_END))
    var tail: [UInt8] = []
    // The last line's own line feed ends it; `count` more begin as many lines.
    while start > 0, tail.count <= maxBytes, tail.count(where: { $0 == UInt8(ascii: "\n") }) <= count {
        let size = min(start, 64 << 10)
        guard let block = read(descriptor, at: start - size, size) else { return [] }
        start -= size
        tail = block + tail
    }
    var lines = tail.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    // Where the file goes on before what was read, the first line is the end of one.
    if start > 0, !lines.isEmpty { lines.removeFirst() }
    var bytes = 0
    let fitting = lines.suffix(count).reversed().prefix { line in
        bytes += line.count + 1
        return bytes <= maxBytes
    }
    return fitting.reversed().map { String(decoding: $0, as: UTF8.self) }
}

private func read(_ descriptor: Int32, at offset: Int, _ size: Int) -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
        let count = block.withUnsafeMutableBytes { buffer in
            pread(descriptor, buffer.baseAddress?.advanced(by: done), size - done, off_t(offset + done))
        }
        if count > 0 { done += count } else if count == 0 || errno != EINTR { return nil }
    }
    return block
}
