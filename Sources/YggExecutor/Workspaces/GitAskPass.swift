import SystemPackage
import YggCore

/// How git learns the token for a remote: from a helper that it runs, which finds it in its environment. So it stands in
/// no command line, no URL and no configuration.
///
/// The helper answers only where the question is about the host that the token is for. git puts that into its prompt, so
/// a redirection, a submodule or a URL that somebody else chose gets nothing.
enum GitAskPass {
    static let secretVariable = "YGG_GIT_SECRET"

    private static let script = """
        #!/bin/sh
        # Written by Yggdrasil: answers the two questions that git asks about one host, and nothing else.
        case $1 in
        "$YGG_GIT_ASKS_NAME") echo x-access-token ;;
        "$YGG_GIT_ASKS_SECRET") printf '%s\\n' "$YGG_GIT_SECRET" ;;
        *) exit 1 ;;
        esac

        """

    /// The variables of a git command that may talk to remotes.
    static func variables(for access: GitAccess, in directory: String) throws(Errno) -> [String: String] {
        guard let token = access.token else { return [:] }
        let path = "\(directory)/askpass"
        if LocalFiles.read(path) != script {
            try LocalFiles.write(script, to: path, mode: [.ownerReadWrite, .ownerExecute])
        }
        var host = access.host
        while host.hasSuffix("/") { host.removeLast() }
        guard let scheme = host.firstRange(of: "://") else { return [:] }
        return [
            "GIT_ASKPASS": path, secretVariable: token,
            // Whole prompts: a part of one could be somebody else's user name.
            "YGG_GIT_ASKS_NAME": "Username for '\(host)': ",
            "YGG_GIT_ASKS_SECRET":
                "Password for '\(host[..<scheme.upperBound])x-access-token@\(host[scheme.upperBound...])': ",
        ]
    }
}
