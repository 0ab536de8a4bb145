import YggCore

/// One record of the journal, and its form on disk: length, checksum, type, lease, and what the type adds.
///
/// All integers are little-endian. A record is whole or it does not count: what a crash tore fails its checksum.
enum JournalRecord: Equatable {
    /// A lease was accepted: its handler may have started from here on.
    case accept(LeaseKey, kind: TaskKind)
    /// An entry for the coordinator, encoded as it is sent.
    case entry(LeaseKey, n: Int64, isFinal: Bool, bytes: [UInt8])
    /// Nothing of the lease is of any more use.
    case close(LeaseKey)

    /// Bytes of a frame before its payload: length and checksum.
    static let headerSize = 8
    /// No payload is longer; a length beyond it is damage.
    static let maxPayload = 64 << 20

    private enum Tag: UInt8 {
        case accept = 1
        case entry
        case final
        case close
    }

    /// Appends the frame of this record.
    func write(to out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
        switch self {
        case .accept(let key, let kind):
            out.append(Tag.accept.rawValue)
            out.append(lease: key)
            out.append(contentsOf: kind.rawValue.utf8)
        case .entry(let key, let n, let isFinal, let bytes):
            out.append((isFinal ? Tag.final : Tag.entry).rawValue)
            out.append(lease: key)
            out.append(integer: n)
            out.append(contentsOf: bytes)
        case .close(let key):
            out.append(Tag.close.rawValue)
            out.append(lease: key)
        }
        let payload = out[(start + Self.headerSize)...]
        let header = [UInt32(payload.count), checksum(payload)]
        for (word, value) in header.enumerated() {
            for byte in 0..<4 { out[start + word * 4 + byte] = UInt8(truncatingIfNeeded: value >> UInt32(byte * 8)) }
        }
    }

    /// The length of the payload that a header announces and its checksum; nil where no header of ours is there.
    static func header(_ bytes: ArraySlice<UInt8>) -> (length: Int, checksum: UInt32)? {
        var reader = ByteReader(bytes)
        guard let length = reader.integer(UInt32.self), let sum = reader.integer(UInt32.self),
            (1...maxPayload).contains(Int(length))
        else { return nil }
        return (Int(length), sum)
    }

    /// nil where the payload is damaged.
    init?(payload: ArraySlice<UInt8>, checksum expected: UInt32) {
        guard checksum(payload) == expected else { return nil }
        var reader = ByteReader(payload)
        guard let tag = reader.integer(UInt8.self).flatMap(Tag.init), let key = reader.lease() else { return nil }
        switch tag {
        case .accept: self = .accept(key, kind: TaskKind(trusted: String(decoding: reader.rest, as: UTF8.self)))
        case .entry, .final:
            guard let n = reader.integer(Int64.self) else { return nil }
            self = .entry(key, n: n, isFinal: tag == .final, bytes: Array(reader.rest))
        case .close: self = .close(key)
        }
    }
}

/// FNV-1a over words of eight bytes, folded: it has to find what a crash tore, not what an enemy forged, and it is on
/// the path of every line of output.
func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let prime: UInt64 = 0x100_0000_01B3
    bytes.withUnsafeBytes { raw in
        var offset = 0
        while offset + 8 <= raw.count {
            hash = (hash ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian) &* prime
            hash ^= hash >> 29
            offset += 8
        }
        while offset < raw.count {
            hash = (hash ^ UInt64(raw[offset])) &* prime
            offset += 1
        }
    }
    hash = (hash ^ UInt64(bytes.count)) &* prime
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
}

/// Reads from the front; nil where the bytes end too early.
private struct ByteReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        let size = MemoryLayout<Value>.size
        guard rest.count >= size else { return nil }
        let value = rest.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
        rest.removeFirst(size)
        return value
    }

    mutating func lease() -> LeaseKey? {
        guard let epoch = integer(Int64.self), let length = integer(UInt8.self), rest.count >= Int(length) else {
            return nil
        }
        let task = TaskID(trusted: String(decoding: rest.prefix(Int(length)), as: UTF8.self))
        rest.removeFirst(Int(length))
        return LeaseKey(task: task, epoch: epoch)
    }
}

extension [UInt8] {
    fileprivate mutating func append(integer value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// A task id has at most 64 bytes.
    fileprivate mutating func append(lease key: LeaseKey) {
        append(integer: key.epoch)
        append(UInt8(key.task.rawValue.utf8.count))
        append(contentsOf: key.task.rawValue.utf8)
    }
}
