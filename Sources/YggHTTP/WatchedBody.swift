import Hummingbird
import NIOCore

/// A body with a check at its end, before whoever reads it can act on it.
struct WatchedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let base: RequestBody
    let check: @Sendable () throws -> Void

    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), check: check) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: RequestBody.AsyncIterator
        fileprivate let check: @Sendable () throws -> Void

        mutating func next() async throws -> ByteBuffer? {
            let part = try await base.next(isolation: #isolation)
            if part == nil { try check() }
            return part
        }
    }
}
