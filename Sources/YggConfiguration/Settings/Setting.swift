/// A part that `ygg` plays; each reads its own settings.
package enum Role: String, Sendable, Hashable, CaseIterable {
    /// Coordinator and executor in one process, for `ygg up`.
    case up
    case coordinator
    case executor
    /// Every command that asks a coordinator.
    case client
}

/// One thing that can be set, in every way in which it can be set.
package struct Setting: Sendable {
    /// Its key in the file, as in `coordinator.leaseTTL`.
    package let yaml: String?
    package let flag: String?
    /// Environment variables; the first that is set and not empty counts.
    package let variables: [String]
    /// The default in the words of `docs/configuration.md`.
    package let fallback: String
    /// One line: what it is.
    package let meaning: String
    package let roles: Set<Role>
    /// Whether its value may not be shown.
    package let isSecret: Bool

    init(
        yaml: String? = nil,
        flag: String? = nil,
        variables: [String] = [],
        default fallback: String,
        _ meaning: String,
        for roles: Set<Role>,
        isSecret: Bool = false
    ) {
        self.yaml = yaml
        self.flag = flag
        self.variables = variables
        self.fallback = fallback
        self.meaning = meaning
        self.roles = roles
        self.isSecret = isSecret
    }
}

/// Where a value came from.
package enum Origin: Sendable, Hashable, CustomStringConvertible {
    case flag(String)
    case environment(String)
    case file(path: String, line: Int?)
    case fallback

    /// The flag or the variable; nil for the file and the default.
    var nameOutsideFile: String? {
        switch self {
        case .flag(let name), .environment(let name): name
        case .file, .fallback: nil
        }
    }

    package var description: String {
        switch self {
        case .flag(let name): "flag \(name)"
        case .environment(let name): "environment \(name)"
        case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
        case .fallback: "default"
        }
    }
}
