import Glibc

/// One direction of a connection: what was read and is not written yet.
struct LinkFlow {
    enum Taken { case nothing, bytes, swallowed, broken }

    private struct Piece {
        var due: Int64
        var bytes: ArraySlice<UInt8>
    }

    /// More than this is left to the sender to keep.
    private static let limit = 256 << 10
    /// How often a slow link lets something through.
    private static let beat: Int64 = 20_000_000

    private var pieces: [Piece] = []
    private var queued = 0
    private var hasEnded = false
    /// The end has been passed on.
    private(set) var isShut = false
    /// Until when a slow link is busy with what it let through.
    private var busyUntil: Int64 = 0

    var mayRead: Bool { !hasEnded && queued < Self.limit }

    func isDue(_ now: Int64) -> Bool {
        guard let first = pieces.first else { return hasEnded && !isShut }
        return first.due <= now && busyUntil <= now
    }

    func wake(_ now: Int64) -> Int64 {
        guard let first = pieces.first, !isDue(now) else { return .max }
        return max(first.due, busyUntil)
    }

    mutating func take(from source: Int32, _ conditions: LinkProxy.Flow, _ now: Int64) -> Taken {
        guard !hasEnded else { return .nothing }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(source, &buffer, buffer.count)
        if count < 0 {
            if errno == EAGAIN || errno == EINTR { return .nothing }
            hasEnded = true
            return .broken
        }
        if count == 0 { hasEnded = true }
        if conditions.isSwallowed { return .swallowed }
        if count > 0 {
            pieces.append(Piece(due: now + conditions.delay, bytes: buffer[..<count]))
            queued += count
        }
        return .bytes
    }

    /// Nobody takes it any more.
    mutating func drop() {
        pieces = []
        queued = 0
        hasEnded = true
        isShut = true
    }

    /// - Returns: false where the other side takes nothing more.
    mutating func give(to sink: Int32, _ conditions: LinkProxy.Flow, _ now: Int64) -> Bool {
        while isDue(now) {
            guard var piece = pieces.first else {
                isShut = true
                shutdown(sink, Int32(SHUT_WR))
                return true
            }
            let portion = conditions.bytesPerSecond.map { max(1, $0 * Int(Self.beat) / 1_000_000_000) }
            let bytes = piece.bytes.prefix(portion ?? piece.bytes.count)
            let count = bytes.withUnsafeBytes { send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            queued -= count
            piece.bytes = piece.bytes.dropFirst(count)
            if piece.bytes.isEmpty { pieces.removeFirst() } else { pieces[0] = piece }
            if portion != nil { busyUntil = now + Self.beat }
        }
        return true
    }
}
