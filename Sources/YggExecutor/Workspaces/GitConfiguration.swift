import SystemPackage
import YggProcess

/// The git configuration of our own under which every git command of ours runs.
///
/// What a person or a machine has configured for git is not ours to use, and what a repository has configured must
/// not be obeyed: hooks, `core.fsmonitor`, `core.sshCommand`, filters, text converters and more are commands that git
/// would run. Four things together keep them out:
///
/// * a repository that is not ours is never opened with its own configuration: see ``RepositoryView``;
/// * mirrors are ours, and get their configuration written anew before each use: see ``Mirror``;
/// * system and user configuration are replaced by the file made here (`GIT_CONFIG_GLOBAL`, `GIT_CONFIG_NOSYSTEM`);
/// * what could still be planted in a mirror by a build, which runs as the same user, is overridden on the command
///   line, and transports are an allow-list in the environment, which no configuration can extend.
struct GitConfiguration: Sendable {
    /// What a command may talk to other repositories over.
    enum Transport: String, Sendable {
        /// Nothing: the command reads what is there.
        case none
        /// A view of a repository on this machine, made by us.
        case file
        /// Another machine. Never a file, so that neither a URL nor a submodule reaches past the roots, and never
        /// `ext`, which is a command.
        case network

        fileprivate var protocols: String {
            switch self {
            case .none: "none"
            case .file: "file"
            case .network: "https:http:ssh:git"
            }
        }
    }

    /// The file that takes the place of `~/.gitconfig`.
    let path: String

    /// Writes the file, readable by us only, unless it is already there.
    init(in directory: String) throws(Errno) {
        path = "\(directory)/gitconfig"
        try LocalFiles.makeDirectory(directory)
        if LocalFiles.read(path) != Self.text { try LocalFiles.write(Self.text, to: path) }
    }

    /// Options before the git command: they win over every file.
    static var options: [String] { GitSafety.options }

    /// The environment of a git command.
    /// - Parameter base: of it, everything but git's own variables.
    func environment(from base: [String: String], transport: Transport) -> [String: String] {
        GitSafety.environment(from: base, configuration: path, protocols: transport.protocols)
    }

    private static let text = """
        # Written by Yggdrasil: the configuration of all its git commands, in the place of ~/.gitconfig.
        [core]
        \thooksPath = /dev/null
        \tfsmonitor = false
        [protocol "ext"]
        \tallow = never
        [init]
        \tdefaultBranch = main
        [gc]
        \tautoDetach = false
        [user]
        \tname = Yggdrasil
        \temail = yggdrasil@localhost

        """
}
