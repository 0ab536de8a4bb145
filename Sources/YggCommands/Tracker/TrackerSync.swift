import ArgumentParser
import YggClient
import YggConfiguration
import YggCore
import YggProtocol
import YggTracker

/// `ygg tracker sync`.
struct TrackerSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Look for new issues now; with --dry-run only say what would become of them.",
        discussion: """
            The coordinator looks by itself; this is for those who do not want to wait, and for a hook of the tracker. \
            With --dry-run nothing is claimed and nothing is written: it shows what the coordinator's last look found. \
            Where no coordinator answers, a dry run asks the tracker itself, as the configuration here says.

            EXAMPLES
              ygg tracker sync
              ygg tracker sync --dry-run
            """
    )

    @Flag(help: "Change nothing.")
    var dryRun = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        guard dryRun else {
            let items = try await connection.client().syncTracker(isDry: false)
            let style = Terminal.output.style
            if output.format == .table {
                Console.out(items.map { TrackerText.status($0, style: style) }.joined(separator: "\n"))
            } else {
                Results(output).list(items) { Table([], rows: []) }
            }
            return
        }
        let items = try await sights()
        Results(output).list(items) { TrackerText.sights(items) }
    }

    private func sights() async throws -> [JSONObject] {
        do {
            return try await connection.client().syncTracker(isDry: true)
        } catch let error as ClientError {
            guard CommandFailure(describing: error).status == .unreachable else { throw error }
            return try await sightsHere()
        }
    }

    /// Without a coordinator: nobody else of ours asks the tracker then.
    private func sightsHere() async throws -> [JSONObject] {
        let settings = try ResolvedSettings.here(role: .coordinator)
        let own =
            settings.configuration.handlers.map(\.spec)
            + settings.configuration.codeKinds.map {
                $0.spec(origin: .declared)
            }
        let kinds = KindSpec.builtIn + own
        let specs = Dictionary(kinds.map { ($0.kind, $0) }) { _, declared in declared }
        var items: [JSONObject] = []
        for entry in settings.trackerWorkspaces {
            let issues: [TrackedIssue]
            do throws(TrackerFailure) {
                issues = (try await settings.tracker(for: entry).ready() ?? []).filter { $0.assignee == nil }
            } catch {
                throw CommandFailure(error.detail, next: error.next)
            }
            let composer = settings.composer(for: entry)
            let sights = issues.map { issue -> JSON in
                var sight: JSONObject = ["issue": .string(issue.id.rawValue), "title": .string(issue.title)]
                guard let match = settings.issueRules.match(issue, known: Set(specs.keys)) else {
                    return .object(sight)
                }
                sight.append("kind", .string(match.kind.rawValue))
                sight.append("because", .string(match.reason))
                do throws(InvalidInput) {
                    let spec = specs[match.kind]
                    let submission = try composer.submission(for: issue, as: match, kind: spec)
                    sight.append("params", .object(try spec?.validate(submission.params) ?? submission.params))
                } catch {
                    sight.append("problem", .string(error.description))
                }
                return .object(sight)
            }
            items.append(["workspace": .string(entry.path), "issues": .array(sights)])
        }
        if items.isEmpty {
            throw CommandFailure(
                "There is no tracker in the configuration.",
                next: "Name a workspace under tracker.workspaces in yggdrasil.yaml."
            )
        }
        return items
    }
}
