import FoundationEssentials

extension TextForm where Value == String {
    /// A name of the time zone database. Where this machine has none, only the form is checked.
    static let timeZone = TextForm(
        parse: { text throws(ValueProblem) in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let isWellFormed = parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_+-".contains($0)) }
            }
            let database = "/usr/share/zoneinfo"
            let isKnown =
                !FileManager.default.fileExists(atPath: database)
                || FileManager.default.fileExists(atPath: "\(database)/\(text)")
            guard isWellFormed, isKnown || text == "UTC" else {
                throw ValueProblem(mustBe: "the name of a time zone, such as Europe/Berlin", not: text)
            }
            return text
        },
        text: { $0 }
    )
}
