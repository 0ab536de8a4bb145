import YggCore
import YggProcess

/// One line of a git configuration: `section.subsection.name`, section and name in lower case, as git lists it.
struct GitSetting: Sendable, Hashable {
    var key: String
    var value: String
}

extension RepositoryView {
    /// What a view takes over from a repository: how its files and refs are to be read. None of it names a command.
    static func isTakenOver(_ key: String) -> Bool {
        switch key {
        case "core.repositoryformatversion", "core.filemode", "core.ignorecase", "core.symlinks", "core.autocrlf",
            "core.eol", "core.sparsecheckout", "core.sparsecheckoutcone", "extensions.objectformat",
            "extensions.refstorage":
            true
        case _ where key.hasPrefix("branch."): key.hasSuffix(".remote") || key.hasSuffix(".merge")
        case _ where key.hasPrefix("remote."): key.hasSuffix(".fetch") || key.hasSuffix(".url")
        default: false
        }
    }

    /// The settings of the repository that a view takes over. The file is read as a file, outside any repository and
    /// without what it includes.
    static func settings(of repository: LocalRepository, git: Git) async throws(HandlerFailure) -> [GitSetting] {
        var settings: [GitSetting] = []
        for path in ["\(repository.commonDirectory)/config", "\(repository.gitDirectory)/config.worktree"] {
            guard LocalFiles.isFile(path) else { continue }
            let arguments = ["config", "--file", path, "--no-includes", "--null", "--list"]
            let collected = await git.collect(arguments, at: nil)
            guard let failure = await git.failure(collected, of: arguments) else {
                settings += parse(collected.stdout).filter { isTakenOver($0.key) }
                continue
            }
            guard failure.error.code == "exit-code" else { throw failure }
            let reason = Git.reason(in: collected.stderr)
            throw .unreachableRepository("The configuration of \(repository.gitDirectory) cannot be read: \(reason)")
        }
        return settings
    }

    /// Reads `git config --null --list`: key, line feed, value, NUL. A key without a value means true.
    static func parse(_ listing: String) -> [GitSetting] {
        listing.split(separator: "\0").map { entry in
            guard let end = entry.firstIndex(of: "\n") else { return GitSetting(key: String(entry), value: "true") }
            return GitSetting(key: String(entry[..<end]), value: String(entry[entry.index(after: end)...]))
        }
    }

    /// A configuration file with these settings and what a view needs.
    static func configuration(_ settings: [GitSetting], isBare: Bool) -> String {
        var lines = ["# A view by Yggdrasil, of a repository that it does not trust."]
        for setting in settings {
            guard let first = setting.key.firstIndex(of: "."), let last = setting.key.lastIndex(of: ".") else {
                continue
            }
            let section = setting.key[..<first]
            let name = setting.key[setting.key.index(after: last)...]
            let subsection = first == last ? "" : " " + quoted(setting.key[setting.key.index(after: first)..<last])
            lines += ["[\(section)\(subsection)]", "\t\(name) = \(quoted(setting.value[...]))"]
        }
        lines += [
            "[core]", "\tbare = \(isBare)", "\tlogAllRefUpdates = false",
            // A fetch may ask for the commit that was resolved, whatever the refs say by then.
            "[uploadpack]", "\tallowAnySHA1InWant = true",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func quoted(_ text: Substring) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "\""
    }
}
