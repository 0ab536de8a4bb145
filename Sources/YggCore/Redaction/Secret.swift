/// A text that is told to nobody who does not have it already, and the name by which it is spoken of.
package struct Secret: Sendable, Hashable {
    /// A shorter one would stand in every other word: what is taken out of an output with it hides the output and not
    /// the secret.
    package static let minBytes = 8
    /// A key of any kind fits.
    package static let maxBytes = 16 << 10

    package let name: String
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// Why a text cannot be a secret, the end of a sentence that begins with its name; nil where it can.
    package static func problem(_ value: String) -> String? {
        let count = value.utf8.count
        if value.utf8.contains(0) { return "contains a NUL byte, which no variable can hold" }
        if count < minBytes {
            return "has \(count) bytes: one of fewer than \(minBytes) cannot be kept out of outputs, because it stands "
                + "in other words too"
        }
        return count > maxBytes ? "has \(count) bytes; a secret may have \(maxBytes)" : nil
    }
}
