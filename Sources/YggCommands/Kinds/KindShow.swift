import ArgumentParser
import YggClient
import YggCore

/// `ygg kind show`.
struct KindShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one kind: its parameters, limits, and who offers it.",
        discussion: """
            EXAMPLES
              ygg kind show git-log
            """
    )

    @Argument(help: "The kind, such as git-log.")
    var kind: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let kinds = try await connection.client().kinds()
        guard let found = kinds.first(where: { $0["kind"]?.stringValue == kind }) else {
            let near = nearest(to: kind, among: kinds.compactMap { $0["kind"]?.stringValue })
            throw CommandFailure(
                "There is no kind \(kind).",
                next: near.map { "Did you mean \($0)?" } ?? "See `ygg kind list`."
            )
        }
        Results(output).one(found) { KindDetails.text(found, style: $0) }
    }
}

/// One kind at length.
enum KindDetails {
    static func text(_ kind: JSONObject, style: Style) -> String {
        func milliseconds(_ value: JSON?) -> String? { value?.intValue.map { Milliseconds($0).text } }
        let offeredBy = (kind["offeredBy"]?.arrayValue ?? []).compactMap(\.stringValue)
        var details = Details()
        details.add("kind", kind["kind"]?.stringValue, .bold)
        details.add("description", kind["description"]?.stringValue)
        details.add(
            "offered by",
            offeredBy.isEmpty ? "nobody" : offeredBy.joined(separator: ", "),
            offeredBy.isEmpty ? .yellow : nil
        )
        details.add("origin", kind["origin"]?.stringValue)
        details.add("tier", (kind["tier"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", "))
        details.add(
            "slots",
            (kind["slots"]?.objectValue?.members ?? []).map { "\($0.key) \($0.value.text)" }.joined(separator: ", ")
        )
        details.add("timeout", milliseconds(kind["timeoutMs"]))
        if let retry = kind["retry"]?.objectValue, let tries = retry["maxAttempts"]?.intValue {
            let backoff = milliseconds(retry["backoffMs"]).map { ", backoff from \($0)" } ?? ""
            details.add("tries", "\(tries)\(tries > 1 ? backoff : "")")
        }
        details.add("when lost", kind["onLost"]?.stringValue)
        let secrets = (kind["secrets"]?.objectValue?.members ?? []).map { member in
            member.value["file"].map { "\($0.stringValue ?? "") as a file in \(member.key)" }
                ?? "\(member.value.stringValue ?? "") in \(member.key)"
        }
        if !secrets.isEmpty { details.add("secrets", secrets.joined(separator: ", ")) }
        let needed = (kind["needsOneOf"]?.arrayValue ?? []).compactMap(\.stringValue)
        if !needed.isEmpty { details.add("needs one of", needed.joined(separator: ", ")) }
        let parameters = kind["params"]?.objectValue?.members ?? []
        guard !parameters.isEmpty else { return details.rendered(style: style) }
        let rows = parameters.map { member in row(member.key, member.value) }
        let table = Table(
            [
                .init("PARAMETER"), .init("TYPE", isFlexible: true), .init("DEFAULT"),
                .init("MEANING", isFlexible: true),
            ],
            rows: rows
        )
        return details.rendered(style: style) + "\n" + table.rendered(width: Terminal.output.width, style: style)
    }

    private static func row(_ name: String, _ json: JSON) -> [Table.Cell] {
        let fallback = json["default"].map { $0.stringValue ?? $0.text }
        let isRequired = isRequired(json)
        return [
            .init(name, isRequired ? .bold : nil), .init(type(name, json)),
            .init(isRequired ? "required" : fallback ?? "", isRequired ? .yellow : nil),
            .init(json["description"]?.stringValue ?? ""),
        ]
    }

    /// Without a word on it, a parameter is required exactly when it has no default.
    static func isRequired(_ parameter: JSON) -> Bool {
        parameter["required"]?.boolValue ?? (parameter["default"] == nil)
    }

    /// In our own words where we know the type; a newer coordinator may have others.
    private static func type(_ name: String, _ json: JSON) -> String {
        guard var reader = try? ObjectReader(json), let spec = try? ParameterSpec(name: name, reading: &reader) else {
            return json["type"]?.stringValue ?? ""
        }
        return spec.summary
    }
}
