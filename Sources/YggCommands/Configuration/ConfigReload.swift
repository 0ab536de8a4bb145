import ArgumentParser
import YggClient
import YggConfiguration
import YggCore
import YggProtocol

/// `ygg config reload`.
struct ConfigReload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Have the servers of this machine read their configuration anew.",
        discussion: """
            No lease is lost by it. Each server reads the file that it was started with, and takes it over as a whole or not \
            at all: one that is wrong is refused with what is wrong, and the old one goes on counting. The answer names \
            what counts now, and what waits for the next start. SIGHUP asks a server for the same, and its log has the \
            answer.

            Without an address the coordinator and the executor of this machine are asked, where they would serve with the \
            same variables and file.

            EXAMPLES
              ygg config reload
              ygg config reload http://huginn:5002

            STATUS  0 taken over, 2 refused, 3 cannot be reached
            """
    )

    @Argument(help: ArgumentHelp("Which server, a coordinator or an executor.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("Where to look for the addresses of this machine's servers.", valueName: "file"))
    var config: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        var answers: [(String, JSONObject)] = []
        if let url { answers.append((url, try await reload(url))) } else { answers = try await ofThisMachine() }
        let items = answers.map { url, answer -> JSONObject in
            var item: JSONObject = ["url": .string(url)]
            for member in answer.members { item.append(member.key, member.value) }
            return item
        }
        if output.format == .table {
            for item in items { Console.out(ReloadText.text(item, style: Terminal.output.style)) }
        } else {
            Results(output).list(items) { Table([], rows: []) }
        }
    }

    private func ofThisMachine() async throws -> [(String, JSONObject)] {
        var answers: [(String, JSONObject)] = []
        var silent: [String] = []
        for role in [Role.coordinator, .executor] {
            guard let url = try await OwnServer.url(role, config: config) else { continue }
            do {
                let answer = try await reload(url)
                answers.append((url, answer))
                // Its executor is a part of it.
                if answer["role"]?.stringValue == Role.up.rawValue { break }
            } catch ClientError.unreachable {
                silent.append(url)
            }
        }
        guard !answers.isEmpty else {
            throw CommandFailure(
                "No server of this machine answers at \(silent.joined(separator: " or ")).",
                next: "Name its address: ygg config reload URL. Or send its process SIGHUP.",
                status: .unreachable
            )
        }
        return answers
    }

    private func reload(_ url: String) async throws -> JSONObject {
        try await Connection(
            ResolvedSettings.here(role: .client),
            explicit: url,
            environment: ProcessContext.environment
        ).client.reloadConfiguration()
    }
}

/// What a reload brought about, for people.
enum ReloadText {
    static func text(_ item: JSONObject, style: Style) -> String {
        let list = { (key: String) in
            (item[key]?.arrayValue ?? []).map { change in
                "\(change["key"]?.stringValue ?? "")  \(change["detail"]?.stringValue ?? "")"
            }
        }
        let (changed, waiting) = (list("changed"), list("needsRestart"))
        let who = [item["role"]?.stringValue, item["url"]?.stringValue].compactMap { $0 }.joined(separator: " at ")
        let file = item["file"]?.stringValue.map { " has read \($0)" } ?? " has no configuration file"
        var lines = ["\(DisplayText.visible(who))\(DisplayText.visible(file))"]
        if changed.isEmpty, waiting.isEmpty { lines.append("  nothing is different") }
        lines += changed.map { "  \(style(.green, "counts now"))        \(DisplayText.visible($0))" }
        lines += waiting.map { "  \(style(.yellow, "after a restart"))   \(DisplayText.visible($0))" }
        return lines.joined(separator: "\n") + "\n"
    }
}
