/// Why a text is not the value it should be: one sentence, without the place.
package struct ValueProblem: Error, Hashable {
    package let detail: String

    init(_ detail: String) { self.detail = detail }

    /// The usual sentence: what is allowed, and what was given.
    init(mustBe allowed: String, not text: String) { detail = "must be \(allowed), not \"\(text)\"" }
}

/// How a value is spelt: read from a flag, a variable or a string in the file, and written for `ygg config show`.
///
/// One form serves all three, so that what the file allows the command line allows too, in the same words.
struct TextForm<Value: Sendable>: Sendable {
    let parse: @Sendable (String) throws(ValueProblem) -> Value
    let text: @Sendable (Value) -> String

    init(
        parse: @escaping @Sendable (String) throws(ValueProblem) -> Value,
        text: @escaping @Sendable (Value) -> String
    ) {
        self.parse = parse
        self.text = text
    }
}
