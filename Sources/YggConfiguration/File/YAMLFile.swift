import FoundationEssentials
package import YggCore

/// A YAML file that the configuration names, such as a scenario: what it says, and where.
package struct YAMLFile: Sendable {
    package let json: JSON
    private let path: String
    private let tree: YAMLTree

    package init(_ path: String) throws(ConfigurationError) {
        self.path = path
        let text = try Self.text(of: path)
        do throws(YAMLError) {
            tree = try YAMLTree(parsing: text)
        } catch {
            throw ConfigurationError(file: path, line: error.place?.line, error.reason)
        }
        json = tree.root
    }

    /// Complaints about what it says, each with its line.
    package func error(_ input: InvalidInput) -> ConfigurationError { ConfigurationError(input, in: path, tree) }

    static func text(of path: String) throws(ConfigurationError) -> String {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ConfigurationError(file: path, "does not exist")
        }
        if isDirectory { throw ConfigurationError(file: path, "is a directory, not a file") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(file: path, "cannot be read; who may is decided by its permissions")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ConfigurationError(file: path, "is not text in UTF-8")
        }
        return text
    }
}
