import YggCore

/// `auth:`, who is let in without a token.
package struct AuthSection: Sendable, Hashable {
    package var loopback: LoopbackAccess?

    package init() {}

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        loopback = reader.read("loopback", .loopbackAccess)
    }
}

/// What a server that only this machine can reach asks for.
package enum LoopbackAccess: String, Sendable, Hashable, CaseIterable {
    /// Nothing: who is on this machine may do everything.
    case open
    /// A token, as everywhere else: for machines with several users.
    case required
}

extension TextForm where Value == LoopbackAccess {
    static let loopbackAccess = TextForm(
        parse: { text throws(ValueProblem) in
            guard let access = LoopbackAccess(rawValue: text) else {
                throw ValueProblem(mustBe: "open or required", not: text)
            }
            return access
        },
        text: { $0.rawValue }
    )
}
