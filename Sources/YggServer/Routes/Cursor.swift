import YggCore
import YggProtocol
import YggStorage

/// Where the next page of a task list begins: opaque to clients, bound to the filter it was made for.
struct Cursor: Sendable {
    private let filter: TaskFilter

    init(filter: TaskFilter) { self.filter = filter }

    func text(_ num: Int64) -> String { "1.\(String(num, radix: 36)).\(fingerprint)" }

    /// - Throws: a 400 problem for a cursor that is not ours, or of another filter.
    func read(_ text: String) throws(Problem) -> Int64 {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "1", let num = Int64(parts[1], radix: 36), num > 0 else {
            throw .invalidRequest(InvalidInput("/cursor", "is not a cursor of this list"))
        }
        guard parts[2] == fingerprint else {
            throw .invalidRequest(
                InvalidInput("/cursor", "belongs to a list with other filters; keep them the same from page to page")
            )
        }
        return num
    }

    /// FNV-1a over the filter: not a secret, only a check against mixing lists up.
    private var fingerprint: String {
        let words = [
            filter.states.map(\.rawValue).joined(separator: ","), filter.prefix ?? "", filter.label ?? "",
            filter.executor?.rawValue ?? "",
        ]
        var hash: UInt32 = 2_166_136_261
        for byte in words.joined(separator: "\u{1}").utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        return String(hash, radix: 36)
    }
}
