import YggCore

/// `git:`, with what identity and credentials commits and clones are made.
package struct GitSection: Sendable, Hashable {
    package var author: Author?
    package var credentials: SecretReference?
    /// Where a repository named as `owner/name` is.
    package var host = "https://github.com"
    package var defaultRepository: String?

    package struct Author: Sendable, Hashable {
        package let name: String
        package let email: String
    }

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        author = reader.nested("author", Author.init(reading:))
        credentials = reader.read("credentials", .secret)
        host = reader.read("host", .url) ?? host
        defaultRepository = reader.read("defaultRepo", .line)
    }
}

extension GitSection.Author {
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        name = try reader.required("name") { $0.read("name", .authorName) }
        email = try reader.required("email") { $0.read("email", .email) }
    }
}

extension TextForm where Value == String {
    /// git itself drops angle brackets from a name, and so would commit as somebody else.
    fileprivate static let authorName = TextForm(
        parse: { text throws(ValueProblem) in
            let text = try line.parse(text)
            guard !text.contains(where: { "<>".contains($0) }) else {
                throw ValueProblem(mustBe: "a name without < and >", not: text)
            }
            return text
        },
        text: { $0 }
    )

    fileprivate static let email = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.contains("@"), !text.contains(where: { $0.isWhitespace || "<>".contains($0) }) else {
                throw ValueProblem(mustBe: "an e-mail address", not: text)
            }
            return text
        },
        text: { $0 }
    )
}
