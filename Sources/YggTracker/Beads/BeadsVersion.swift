import YggCore

/// A version of `bd`.
package struct BeadsVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let parts: [Int]

    init(_ major: Int, _ minor: Int, _ patch: Int) { parts = [major, minor, patch] }

    /// Before this there was no claim that two could not have at once.
    static let claims = BeadsVersion(0, 49, 4)
    /// From here a claim looks at the state of the issue as well.
    static let safeClaims = BeadsVersion(1, 0, 4)

    /// The first three numbers with dots between in a text; nil where there are none.
    package init?(in text: String) {
        for word in text.split(whereSeparator: { !$0.isASCII || !($0.isNumber || $0 == ".") }) {
            let numbers = word.split(separator: ".").prefix(3).compactMap { Int($0) }
            guard numbers.count == 3 else { continue }
            parts = numbers
            return
        }
        return nil
    }

    package var description: String { parts.map(String.init).joined(separator: ".") }

    package static func < (left: BeadsVersion, right: BeadsVersion) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }
}
