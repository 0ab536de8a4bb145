import YggCore
import YggProtocol
import YggStorage

/// What the bytes of the artifacts say that questions name, read before the commit that stores the questions.
///
/// Bytes are found by their hash and belong to the task for as long as it is unfinished, so what was seen stays true.
struct SeenArtifacts: Sendable {
    private var seen: [String: Approval.Excerpt] = [:]

    mutating func note(_ hash: String, size: Int64, beginning: [UInt8]) {
        seen[hash] = Approval.Excerpt(text: Self.text(beginning, isCut: size > beginning.count), bytes: size)
    }

    /// Whether everything that the question names is here, is what its hash says, and is the task's own.
    func covers(_ question: ApprovalQuestion, of stored: StoredTask, in tx: any SQLTransaction) throws -> Bool {
        for hash in question.artifacts {
            guard seen[hash] != nil, try ArtifactIndex.contains(hash, task: stored.num, in: tx) else { return false }
        }
        return true
    }

    func excerpt(of question: ApprovalQuestion) -> Approval.Excerpt? { question.diff.flatMap { seen[$0] } }

    /// Whole lines, as far as there are any.
    private static func text(_ bytes: [UInt8], isCut: Bool) -> String {
        var bytes = bytes[...]
        if isCut, let end = bytes.lastIndex(of: UInt8(ascii: "\n")) { bytes = bytes[...end] }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.contains(0) ? text.split(separator: "\0").joined(separator: "\u{FFFD}") : text
    }
}

extension Coordinator {
    /// Hashes the artifacts anew that the questions among the entries name.
    func examine(_ entries: [ReportEntry]) async throws -> SeenArtifacts {
        var seen = SeenArtifacts()
        for case .question(let question, _) in entries.lazy.map(\.body) {
            for hash in question.artifacts {
                let limit = hash == question.diff ? Approval.maxExcerptBytes : 0
                guard let found = try await artifacts.examine(hash, beginning: limit) else { continue }
                seen.note(hash, size: found.size, beginning: found.beginning)
            }
        }
        return seen
    }
}
