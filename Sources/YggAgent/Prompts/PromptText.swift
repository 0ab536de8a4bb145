import Crypto
import YggCore

/// A text that a model is told: one file each, so that what was said can be read, compared and named by its hash.
package struct PromptText: Sendable, Hashable {
    package var name: String
    /// With places in braces, such as `{task}`, for ``filled(_:)``.
    package var text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// Of the text before anything was filled in, in hex: what evidence names a prompt by.
    package var sha256: String {
        SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// The text with values in its places. What a value holds is not looked at: braces in it are braces.
    package func filled(_ values: [String: String] = [:]) -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            out += rest[..<open]
            rest = rest[open...]
            guard let close = rest.firstIndex(of: "}"),
                let value = values[String(rest[rest.index(after: open)..<close])]
            else {
                out.append("{")
                rest = rest.dropFirst()
                continue
            }
            out += value
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }

    /// Every prompt of the loop.
    package static let all: [PromptText] = [
        work, task, guidance, pipeline, locate, wholeFiles, checksPass, checksFail, nothingChanged, noCall, repeated,
        compacted, comment, interrupted, setBack,
    ]
}
