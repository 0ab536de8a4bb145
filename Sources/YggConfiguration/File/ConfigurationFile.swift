import FoundationEssentials
import YggCore

/// Where `yggdrasil.yaml` is looked for, and how it is read.
package enum ConfigurationFile {
    /// The file to read, nil where there is none, which is a configuration too.
    ///
    /// A file that somebody named must exist; of the others the first that exists is taken, and only that one.
    /// - Parameters:
    ///   - explicit: the value of `--config`.
    ///   - exists: whether there is something at a path.
    package static func locate(
        explicit: String?,
        environment: [String: String],
        currentDirectory: String,
        exists: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
    ) throws(ConfigurationError) -> String? {
        let directories = Directories(environment: environment, currentDirectory: currentDirectory)
        for (name, value) in [("--config", explicit), ("YGG_CONFIG", environment["YGG_CONFIG"])] {
            guard let value, !value.isEmpty else { continue }
            let path = directories.absolute(value)
            guard exists(path) else {
                throw ConfigurationError(file: nil, key: name, "names \(path), which does not exist")
            }
            return path
        }
        return candidates(directories).first(where: exists)
    }

    /// The places of a file that nobody named, in the order in which they are tried.
    static func candidates(_ directories: Directories) -> [String] {
        [
            directories.absolute("yggdrasil.yaml"),
            directories.configurationHome.map { "\($0)/yggdrasil/yggdrasil.yaml" },
            "/etc/yggdrasil/yggdrasil.yaml",
        ].compactMap { $0 }
    }

    /// Reads and checks the file at `path`.
    package static func load(_ path: String) throws(ConfigurationError) -> LoadedConfiguration {
        try LoadedConfiguration(text: YAMLFile.text(of: path), path: path)
    }
}

/// A configuration, the file it came from, and where in it each value stands.
package struct LoadedConfiguration: Sendable {
    package let configuration: Configuration
    package let path: String
    private let tree: YAMLTree

    /// What relative paths in the file are relative to.
    var directory: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    package init(text: String, path: String) throws(ConfigurationError) {
        self.path = path
        do throws(YAMLError) {
            tree = try YAMLTree(parsing: text)
        } catch {
            throw ConfigurationError(file: path, line: error.place?.line, error.reason)
        }
        do throws(InvalidInput) {
            configuration = try Configuration(tree.root)
        } catch {
            throw ConfigurationError(error, in: path, tree)
        }
    }

    /// Complaints about what the file says, each with its line.
    func error(_ input: InvalidInput) -> ConfigurationError { ConfigurationError(input, in: path, tree) }

    /// The line of a value, nil where the file does not have it.
    /// - Parameter keyPath: as in `coordinator.leaseTTL`.
    func line(of keyPath: String) -> Int? {
        var value: JSON? = tree.root
        for key in keyPath.split(separator: ".") { value = value?[String(key)] }
        guard value != nil else { return nil }
        return tree.place(of: "/" + keyPath.split(separator: ".").joined(separator: "/"))?.line
    }
}
