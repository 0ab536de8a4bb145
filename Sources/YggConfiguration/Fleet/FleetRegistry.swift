/// Where images come from.
package struct FleetRegistry: Sendable, Hashable {
    /// As images are named: host, port, perhaps a path.
    package let name: String
    /// Whether it speaks HTTP without TLS, which podman must be told of.
    package let isPlainHTTP: Bool

    /// One on the machine itself.
    static let local = FleetRegistry(name: "localhost:5000", isPlainHTTP: true)

    /// As whatever asks it for a manifest writes its address.
    package var url: String { "\(isPlainHTTP ? "http" : "https")://\(name)" }
}

extension TextForm where Value == FleetRegistry {
    /// `http://surtr:5000`; without a scheme it is HTTPS, as podman takes it, but on this machine HTTP.
    static let registry = TextForm(
        parse: { text throws(ValueProblem) in
            let isBare = !text.contains("://")
            let isLocal = ["localhost", "127.0.0.1"].contains(String(text.prefix { $0 != ":" && $0 != "/" }))
            let url: String
            do throws(ValueProblem) {
                url = try TextForm<String>.url.parse(isBare ? "\(isLocal ? "http" : "https")://\(text)" : text)
            } catch {
                throw ValueProblem(mustBe: "a registry such as http://surtr:5000 or registry.example.org", not: text)
            }
            let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            return FleetRegistry(name: String(parts[2]), isPlainHTTP: parts[0].lowercased() == "http:")
        },
        text: { $0.url }
    )
}

extension TextForm where Value == String {
    /// Of an image.
    static let tag = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9._-]{0,127}/) != nil else {
                throw ValueProblem(mustBe: "a tag such as v1.2.0 or latest", not: text)
            }
            return text
        },
        text: { $0 }
    )

    /// Where ssh goes. It cannot be taken for an option.
    static let sshTarget = TextForm(
        parse: { text throws(ValueProblem) in
            guard text.wholeMatch(of: /[A-Za-z0-9_\[][A-Za-z0-9@._:%\/\[\]-]*/) != nil else {
                throw ValueProblem(mustBe: "local, or where ssh goes, such as odin@surtr", not: text)
            }
            return text
        },
        text: { $0 }
    )
}
