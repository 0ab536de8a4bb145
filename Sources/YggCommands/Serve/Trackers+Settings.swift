import FoundationEssentials
import Logging
import YggConfiguration
import YggCoordinator
import YggCore
import YggTracker

extension ResolvedSettings {
    /// The workspaces that the configuration names, with what asks them.
    func trackers(_ logger: Logger) -> [TrackerWorkspace] {
        trackerWorkspaces.map { entry in
            logger.info("tracker.workspace", metadata: ["path": "\(entry.path)", "type": "\(entry.type.rawValue)"])
            return TrackerWorkspace(
                tracker: tracker(for: entry),
                name: entry.path,
                composer: composer(for: entry),
                rules: issueRules,
                words: IssueWords(publicURL: publicURL),
                interval: trackerInterval,
                ahead: trackerAhead,
                onFailure: trackerOnFailure == .park ? .park : .release,
                host: ProcessContext.hostName
            )
        }
    }

    func tracker(for entry: TrackerSection.Workspace) -> any Tracker {
        switch entry.type {
        case .file: FileTracker(path: entry.path)
        case .beads: BeadsTracker(beads(in: entry.path), scratch: "\(dataDirectory)/tracker")
        }
    }

    /// How `bd` is run in a workspace.
    func beads(in directory: String) -> BeadsCommand.Settings {
        var beads = BeadsCommand.Settings(
            command: trackerCommand,
            directory: directory,
            environment: ProcessContext.environment
        )
        beads.timeout = trackerTimeout
        return beads
    }

    func composer(for entry: TrackerSection.Workspace) -> IssueComposer {
        let repository = entry.repository ?? entry.path
        // Where it is a URL, the paths are those of the working copy beside the issues.
        let tree = repository.hasPrefix("/") ? repository : entry.path
        return IssueComposer(
            repository: repository,
            params: entry.params,
            exists: { FileManager.default.fileExists(atPath: "\(tree)/\($0)") },
            readYAML: { text in
                do throws(YAMLError) {
                    return .success(try YAMLTree(parsing: text, maxAliases: 20).root)
                } catch {
                    let line = error.place.map { " in line \($0.line)" } ?? ""
                    return .failure(InvalidInput("", "The YAML of the description\(line) \(error.reason)."))
                }
            }
        )
    }

    var issueRules: IssueRules {
        let own = configuration.tracker.rules.map { rule in
            let verdict: IssueRule.Verdict =
                switch rule.verdict {
                case .kind(let kind): .kind(kind)
                case .named: .named
                case .none: .none
                }
            var issueRule = IssueRule(label: rule.label, type: rule.type, titlePrefix: rule.title, verdict)
            issueRule.priority = rule.priority
            issueRule.params = rule.params
            issueRule.tier = rule.tier
            return issueRule
        }
        return IssueRules(own: own, kinds: configuration.tracker.kinds)
    }
}
