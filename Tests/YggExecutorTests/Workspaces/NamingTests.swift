import Testing
import YggCore

@testable import YggExecutor

struct NamingTests {
    @Test(arguments: [
        ("/srv/a", "/srv/a", "a"), ("file:///srv/a.git", "/srv/a.git", "a"), ("file://localhost/srv/a", "/srv/a", "a"),
        ("https://example.org/o/r.git", "https://example.org/o/r.git", "r"),
        ("https://u:secret@example.org/o/r", "https://u:…@example.org/o/r", "r"),
        ("ssh://git@example.org:22/o/r", "ssh://git@example.org:22/o/r", "r"),
        ("git@example.org:o/r.git", "git@example.org:o/r.git", "r"), ("host:r", "host:r", "r"),
    ])
    func `an address is understood`(text: String, display: String, name: String) throws {
        let address = try RepositoryAddress(text)
        #expect(address.display == display)
        #expect(address.name == name)
        #expect(address.mirrorName.hasPrefix("\(name)-"))
        #expect(address.mirrorName.hasSuffix(".git"))
        #expect(!address.mirrorName.contains("secret"))
    }

    @Test(arguments: [
        "", ".", "relative/path", "../up", "-option", "ext::sh -c id", "fd::17", "file://other.host/srv/a", "ftp://x/y",
        "ssh://-oProxyCommand=id/x", "ssh://git@-oProxyCommand=id/x", "-oProxyCommand=id:x", "user@-o:x", "https:///x",
        "https://x/\u{7}", "helper::https://x/y",
    ])
    func `what is no address, or a command, is refused`(text: String) {
        #expect(throws: HandlerFailure.self) { try RepositoryAddress(text) }
    }

    @Test(arguments: [
        ("t1", "ygg/t1/3"), ("a.b-c_d", "ygg/a.b-c_d/3"), ("a..b", "ygg/a%2E%2Eb/3"), (".hidden", "ygg/%2Ehidden/3"),
        ("end.", "ygg/end%2E/3"), ("x.lock", "ygg/x%2Elock/3"),
    ])
    func `a branch carries task and epoch`(task: String, branch: String) {
        #expect(Worktree.branch(for: LeaseKey(task: TaskID(trusted: task), epoch: 3)) == branch)
    }

    @Test(arguments: [
        ("../b.git", "https://x.org/o/a.git", "https://x.org/o/b.git"),
        ("./c", "https://x.org/o/a", "https://x.org/o/a/c"),
        ("../../p/b", "https://x.org/o/a/", "https://x.org/p/b"), ("../b", "git@x.org:a", "git@x.org:b"),
        ("../b", "git@x.org:o/a", "git@x.org:o/b"),
    ])
    func `a submodule's relative URL is resolved as git does`(relative: String, base: String, result: String) {
        #expect(Submodules.resolve(relative, relativeTo: base) == result)
    }

    @Test(arguments: [
        ("main", true, ["refs/remotes/origin/main", "refs/tags/main"]), ("HEAD", true, ["refs/ygg/head"]),
        ("HEAD~2", true, ["refs/ygg/head~2"]),
        ("HEADLINE", true, ["refs/remotes/origin/HEADLINE", "refs/tags/HEADLINE"]),
        ("refs/heads/x", true, ["refs/remotes/origin/x"]), ("origin/x", true, ["refs/remotes/origin/x"]),
        ("abcd123", true, ["refs/remotes/origin/abcd123", "refs/tags/abcd123", "abcd123"]), ("main", false, ["main"]),
    ])
    func `a name is looked for where it can be`(ref: String, inMirror: Bool, candidates: [String]) {
        #expect(RefResolver.candidates(for: ref, inMirror: inMirror) == candidates)
    }

    @Test
    func `names near a wrong one are found`() {
        let names = ["main", "develop", "feature/login", "release-1.0", "v1"]
        #expect(RefResolver.near("mian", among: names) == ["main"])
        #expect(RefResolver.near("mai", among: names) == ["main"])
        #expect(RefResolver.near("login", among: names) == ["feature/login"])
        #expect(RefResolver.near("develpo", among: names) == ["develop"])
    }

    @Test
    func `a view's configuration keeps what tells how to read, and no command`() {
        let kept = [
            "core.repositoryformatversion", "core.autocrlf", "extensions.objectformat", "branch.a.b.merge",
            "remote.origin.url", "remote.origin.fetch",
        ]
        let dropped = [
            "core.sshcommand", "core.fsmonitor", "core.hookspath", "core.pager", "core.editor", "core.worktree",
            "core.gitproxy", "core.alternaterefscommand", "filter.x.clean", "filter.x.smudge", "filter.x.process",
            "diff.x.textconv", "diff.x.command", "diff.external", "merge.x.driver", "alias.status", "include.path",
            "includeif.gitdir:/.path", "credential.helper", "gpg.program", "uploadpack.packobjectshook",
            "remote.origin.uploadpack", "remote.origin.vcs", "remote.origin.proxy", "submodule.a.update",
            "protocol.ext.allow", "extensions.partialclone", "url.ext::sh.insteadof", "branch.a.mergeoptions",
        ]
        for key in kept { #expect(RepositoryView.isTakenOver(key), "\(key)") }
        for key in dropped { #expect(!RepositoryView.isTakenOver(key), "\(key)") }
    }
}
