import FoundationEssentials
import YggCore

extension TextForm where Value == Int {
    /// 0 lets the system pick a free one.
    static let port = TextForm(
        parse: { text throws(ValueProblem) in
            guard let port = UInt16(text) else { throw ValueProblem(mustBe: "a port from 0 to 65535", not: text) }
            return Int(port)
        },
        text: { String($0) }
    )
}

extension TextForm where Value == Milliseconds {
    static func duration(_ range: ClosedRange<Milliseconds>) -> TextForm {
        TextForm(
            parse: { text throws(ValueProblem) in
                guard let value = Milliseconds(parsing: text) else {
                    throw ValueProblem(mustBe: "a duration such as 500ms, 30s, 10m, 2h or 7d", not: text)
                }
                guard range.contains(value) else {
                    throw ValueProblem("must be from \(range.lowerBound.text) to \(range.upperBound.text), not \(text)")
                }
                return value
            },
            text: { $0.text }
        )
    }
}

extension TextForm where Value == ByteSize {
    static func size(_ range: ClosedRange<ByteSize>) -> TextForm {
        TextForm(
            parse: { text throws(ValueProblem) in
                guard let value = ByteSize(parsing: text) else {
                    throw ValueProblem(mustBe: "a size such as 512KiB, 64MiB or 2GiB", not: text)
                }
                guard range.contains(value) else {
                    throw ValueProblem("must be from \(range.lowerBound.text) to \(range.upperBound.text), not \(text)")
                }
                return value
            },
            text: { $0.text }
        )
    }
}

extension TextForm where Value == ExecutorID {
    static let executorID = TextForm(
        parse: { text throws(ValueProblem) in
            guard let id = ExecutorID(text) else {
                throw ValueProblem(mustBe: "an id of 1 to 64 letters, digits, dots, dashes and underscores", not: text)
            }
            return id
        },
        text: { $0.rawValue }
    )
}

extension TextForm where Value == LogLevel {
    static let logLevel = TextForm(
        parse: { text throws(ValueProblem) in
            guard let level = LogLevel(parsing: text) else {
                let allowed = LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValueProblem(mustBe: "one of \(allowed)", not: text)
            }
            return level
        },
        text: { $0.rawValue }
    )
}

extension TextForm where Value == SecretReference {
    static let secret = TextForm(
        parse: { text throws(ValueProblem) in
            guard let reference = SecretReference(text) else {
                // The text is not repeated: it may be the secret.
                throw ValueProblem("must be a reference, env:NAME or file:/path: a secret does not belong in this file")
            }
            return reference
        },
        text: { $0.text }
    )
}

extension TextForm where Value == String {
    /// By which a secret is spoken of. What was given is not repeated: it may be the secret.
    static let secretName = TextForm(
        parse: { text throws(ValueProblem) in
            guard SecretUse.isName(text) else {
                throw ValueProblem("must be the name of a secret: a letter, then letters, digits, -, _ and .")
            }
            return text
        },
        text: { $0 }
    )

    /// Whatever is not empty and fits on a line.
    static let line = TextForm(
        parse: { text throws(ValueProblem) in
            guard !text.isEmpty, !text.contains(where: \.isNewline), !text.utf8.contains(0) else {
                throw ValueProblem("must be one line of text")
            }
            return text
        },
        text: { $0 }
    )

    /// An address to bind, or a name for one.
    static let host = TextForm(
        parse: { text throws(ValueProblem) in
            let isAllowed = text.utf8.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && !"/@\"'[]#?".utf8.contains($0)
            }
            guard !text.isEmpty, isAllowed else {
                throw ValueProblem(
                    mustBe: "an address such as 127.0.0.1, or a host name",
                    not: text
                )
            }
            return text
        },
        text: { $0 }
    )

    /// Scheme, host and port, perhaps a path, without a slash at the end.
    static let url = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
                throw ValueProblem(mustBe: "a URL of ASCII alone, host names in their xn-- form", not: text)
            }
            guard let components = URLComponents(string: text), let scheme = components.scheme?.lowercased(),
                scheme == "http" || scheme == "https", let host = components.host, !host.isEmpty,
                components.user == nil, components.query == nil, components.fragment == nil,
                (1...65_535).contains(components.port ?? 1)
            else { throw ValueProblem(mustBe: "a URL such as http://surtr:5080", not: text) }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        },
        text: { $0 }
    )

    /// Made absolute by whoever knows what it is relative to.
    static let path = TextForm(
        parse: { text throws(ValueProblem) in
            guard !text.isEmpty, !text.utf8.contains(0) else { throw ValueProblem("must be a path") }
            return text
        },
        text: { $0 }
    )

    /// What goes into a header as it is. It is not repeated in the complaint.
    static let token = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw ValueProblem("must consist of visible ASCII characters without spaces")
            }
            return text
        },
        text: { _ in "set" }
    )

    /// The beginning of kinds.
    static let prefix = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.hasSuffix("-"), TaskKind("\(text)x") != nil else {
                throw ValueProblem(mustBe: "the beginning of kinds up to a dash, such as code-", not: text)
            }
            return text
        },
        text: { $0 }
    )
}

extension TextForm {
    /// A value that may be missing; no text stands for that.
    var optional: TextForm<Value?> {
        TextForm<Value?>(
            parse: { text throws(ValueProblem) in try parse(text) },
            text: { $0.map(text) ?? "" }
        )
    }

    /// Several of them, separated by commas.
    var list: TextForm<[Value]> {
        TextForm<[Value]>(
            parse: { whole throws(ValueProblem) in
                var values: [Value] = []
                for part in whole.split(separator: ",") { values.append(try parse(trimmed(part))) }
                return values
            },
            text: { $0.map(text).joined(separator: ",") }
        )
    }
}

/// Without the spaces around it.
func trimmed(_ text: Substring) -> String {
    String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}
