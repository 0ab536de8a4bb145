import YggCore

/// `cli.yaml`: which coordinator the commands of one person talk to, and with which token. Written by `ygg login`; it
/// holds secrets, so it is apart from the configuration.
package struct LoginFile: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package let url: String
        package let token: String
    }

    /// Where commands go that are told nothing else.
    package private(set) var current: String?
    package private(set) var entries: [Entry] = []

    package init() {}

    /// Its place; nil where the user has none for configuration.
    package static func path(environment: [String: String]) -> String? {
        Directories(environment: environment, currentDirectory: "/").configurationHome
            .map { "\($0)/yggdrasil/cli.yaml" }
    }

    /// The coordinator's data directories in which a token for this machine's operator may lie.
    package static func dataDirectories(environment: [String: String]) -> [String] {
        let own = Directories(environment: environment, currentDirectory: "/").data
        var found: [String] = []
        for path in [environment["YGG_DATA_DIR"], own, "/var/lib/yggdrasil"] {
            if let path, !path.isEmpty, !found.contains(path) { found.append(path) }
        }
        return found
    }

    /// Reads the file's text.
    /// - Parameter path: for the complaint.
    package init(text: String, path: String) throws(ConfigurationError) {
        let tree: YAMLTree
        do throws(YAMLError) {
            tree = try YAMLTree(parsing: text)
        } catch {
            throw ConfigurationError(file: path, line: error.place?.line, error.reason)
        }
        do throws(InvalidInput) {
            var reader = try ObjectReader(tree.root)
            current = reader.read("current", .url)
            entries = reader.list("coordinators", Entry.init(reading:)) ?? []
            try reader.finish()
        } catch {
            throw ConfigurationError(error, in: path, tree)
        }
    }

    /// As it is written: YAML whose strings are JSON's.
    package var text: String {
        var lines = ["# Written by `ygg login`. Whoever reads this file can act as you."]
        if let current { lines.append("current: \(JSON.string(current).text)") }
        lines.append("coordinators:")
        for entry in entries {
            lines.append("  - {url: \(JSON.string(entry.url).text), token: \(JSON.string(entry.token).text)}")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    package func token(for url: String) -> String? { entries.first { $0.url == url }?.token }

    /// Keeps the token, in place of an older one, and makes the coordinator the one that commands go to.
    package mutating func keep(_ token: String, for url: String) {
        entries.removeAll { $0.url == url }
        entries.append(Entry(url: url, token: token))
        current = url
    }

    /// An address as it is kept.
    /// - Throws: what is wrong with it.
    package static func address(_ text: String) throws(ValueProblem) -> String {
        try TextForm<String>.url.parse(text.contains("://") ? text : "http://\(text)")
    }
}

extension LoginFile.Entry {
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        url = try reader.required("url") { $0.read("url", .url) }
        token = try reader.required("token") { $0.read("token", .token) }
    }
}
