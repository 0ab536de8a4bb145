import YggCore

/// What a directory's files say of the project in it. They are a repository's own: read, bounded, and never run.
struct ProjectFiles: Sendable {
    let directory: String

    func has(_ name: String) -> Bool { HostFile.exists("\(directory)/\(name)") }

    func text(_ name: String) -> String? { HostFile.text("\(directory)/\(name)", limit: 256 << 10) }

    func contains(_ text: String, in name: String) -> Bool { self.text(name)?.contains(text) == true }

    /// A script of `package.json`.
    func script(_ name: String) -> String? { package?["scripts"]?[name]?.stringValue }

    /// `package.json` names packages that must be there before anything runs.
    var hasPackages: Bool {
        ["dependencies", "devDependencies"].contains { package?[$0]?.objectValue?.isEmpty == false }
    }

    private var package: JSON? { text("package.json").flatMap { try? JSON(parsing: $0) } }

    /// Whether a file below the directory is one of those: a few levels down, and not among what builds leave behind.
    func hasFile(depth: Int = 5, _ isWanted: (_ path: String) -> Bool) -> Bool {
        var left = 5000
        return Self.search(directory, "", depth, &left, isWanted)
    }

    private static func search(
        _ directory: String,
        _ prefix: String,
        _ depth: Int,
        _ left: inout Int,
        _ isWanted: (String) -> Bool
    ) -> Bool {
        var below: [String] = []
        for name in HostFile.names(in: directory) where !name.hasPrefix(".") && !skipped.contains(name) {
            left -= 1
            guard left > 0 else { return false }
            if isWanted(prefix + name) { return true }
            if depth > 1, HostFile.isDirectory("\(directory)/\(name)") { below.append(name) }
        }
        for name in below {
            if search("\(directory)/\(name)", "\(prefix)\(name)/", depth - 1, &left, isWanted) { return true }
        }
        return false
    }

    private static let skipped: Set = ["node_modules", "vendor", "target", "dist", "build", "venv"]
}
