import Glibc
package import SystemPackage

/// A directory of our own beside a workspace: the home and the temporary files of its commands, drafts of files, and
/// our view of its repository. Nothing in it is part of the work.
package struct Scratch: Sendable {
    let path: String

    var home: String { "\(path)/home" }
    var temporary: String { "\(path)/tmp" }
    var drafts: String { "\(path)/drafts" }
    var git: String { "\(path)/git" }

    /// What of a person's home the commands are lent, by links: toolchains and downloaded packages, without which little
    /// builds where there is no network. No place on it holds a password, a token or a history; cargo, Maven and npm keep
    /// theirs beside these.
    package static let lent = [
        ".cache/org.swift.swiftpm", ".cargo/bin", ".cargo/git", ".cargo/registry", ".gradle/caches", ".gradle/wrapper",
        ".m2/repository", ".nvm/versions", ".pyenv", ".rustup", "go/pkg",
    ]

    /// Makes what is missing.
    /// - Parameters:
    ///   - path: in the file system of the workspace, and outside the workspace.
    ///   - personalHome: whose toolchains are lent; nil lends none.
    package init(path: String, personalHome: String?) throws(Errno) {
        self.path = path
        for directory in [home, temporary, drafts, git] { try Self.makeDirectory(directory) }
        guard let personalHome, personalHome.hasPrefix("/") else { return }
        for place in Self.lent {
            let target = "\(personalHome)/\(place)"
            guard access(target, F_OK) == 0 else { continue }
            let link = "\(home)/\(place)"
            if let slash = link.lastIndex(of: "/") { try Self.makeDirectory(String(link[..<slash])) }
            guard symlink(target, link) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        }
    }

    /// With those above it, for us alone.
    private static func makeDirectory(_ path: String) throws(Errno) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw Errno(rawValue: errno)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }
}
