package import YggCore

/// Ids for calls that came without one. Of the form that Ollama uses, so that a transcript has one kind.
package struct CallIDs: Sendable {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private var random: SeededRandom

    package init(_ random: SeededRandom) { self.random = random }

    package mutating func next() -> String {
        "call_" + String(decoding: (0..<8).map { _ in random.pick(Self.alphabet) }, as: UTF8.self)
    }
}
