/// What keeps a git command of ours from obeying anybody else's configuration.
///
/// What a person or a machine has configured for git is not ours to use, and what a repository has configured must not
/// be obeyed: hooks, `core.fsmonitor`, `core.sshCommand` and more are commands that git would run. The rest of it, that
/// a foreign repository's own configuration is not read at all, is the business of whoever names the git directory.
package enum GitSafety {
    /// Options before the git command: they win over every file.
    package static var options: [String] { ["--no-pager"] + settings.flatMap { ["-c", $0] } }

    /// The environment of a git command.
    /// - Parameters:
    ///   - base: of it, everything but git's own variables.
    ///   - configuration: the file that takes the place of `~/.gitconfig`.
    ///   - protocols: what it may talk to other repositories over, as in `GIT_ALLOW_PROTOCOL`.
    package static func environment(
        from base: [String: String],
        configuration: String,
        protocols: String
    ) -> [String: String] {
        base.filter { !$0.key.hasPrefix("GIT_") && $0.key != "XDG_CONFIG_HOME" }.merging([
            "GIT_CONFIG_GLOBAL": configuration, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1",
            "GIT_ALLOW_PROTOCOL": protocols, "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "",
            "GIT_SSH_COMMAND": "ssh -o BatchMode=yes", "GIT_SSH_VARIANT": "ssh", "GIT_PAGER": "cat",
            "GIT_EDITOR": "false", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1",
            // A replaced object would make one thing of what another one was approved as.
            "GIT_NO_REPLACE_OBJECTS": "1",
            // Messages are read by us too.
            "LC_ALL": "C", "LANGUAGE": "",
        ]) { $1 }
    }

    private static let settings = [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.pager=cat", "core.askPass=", "core.attributesFile=",
        "core.alternateRefsCommand=true", "credential.helper=", "protocol.ext.allow=never", "gpg.program=false",
        // Otherwise `git diff` writes the index anew where it lies, optional locks or not: it is the owner's.
        "diff.autoRefreshIndex=false",
        "log.showSignature=false", "submodule.recurse=false", "fetch.recurseSubmodules=false",
        "gc.autoDetach=false", "maintenance.autoDetach=false", "advice.detachedHead=false",
        // A checkout waits for the file system more than for a processor. Fewer files are not worth the processes.
        "checkout.workers=4", "checkout.thresholdForParallelism=500",
    ]
}
