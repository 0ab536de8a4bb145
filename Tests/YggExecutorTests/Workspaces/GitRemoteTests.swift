import Testing
import YggCore

@testable import YggExecutor

/// What is fetched, branched, committed and pushed, with a real git.
@Suite(.timeLimit(.minutes(2)))
struct GitRemoteTests {
    private func names(_ result: HandlerResult) -> [String] {
        (result.result["changed"]?.arrayValue ?? []).compactMap { change in
            let ends = [change["from"] == nil ? "new" : nil, change["to"] == nil ? "gone" : nil].compactMap(\.self)
            return ([change["branch"]?.stringValue ?? "?"] + ends).joined(separator: " ")
        }
    }

    @Test func `a fetch tells which branches have moved`() async throws {
        try await Scene.with { scene in
            try await scene.installFakeSSH()
            let repo = try await scene.repository("a")
            for address in [repo, "me@host:\(repo)"] {
                let first = try await scene.run("git-fetch", ["repo": .string(address)])
                #expect(first.outcome == .succeeded, "\(first)")
                let nothing = try await scene.run("git-fetch", ["repo": .string(address)])
                #expect(names(nothing) == [] && nothing.result["summary"] == "Nothing new", "\(nothing)")
            }
            try await scene.script(
                "cd repos/a && git commit -q --allow-empty -m two && git branch -D dev -q && git branch x"
            )
            for address in [repo, "me@host:\(repo)"] {
                let moved = try await scene.run("git-fetch", ["repo": .string(address)])
                #expect(names(moved) == ["dev gone", "main", "x new"], "\(moved)")
                #expect(moved.result["summary"] == "3 branches have changed")
            }
            #expect(try await scene.script("ls workspace/views") == "")
        }
    }

    @Test func `a branch is made once, where it is said, and never moved`() async throws {
        try await Scene.with { scene in
            let repo = try await scene.repository("a", "git commit -q --allow-empty -m two")
            try await scene.script("git clone -q --bare repos/a repos/bare.git")
            for place in [repo, "\(scene.repositories)/bare.git"] {
                func branch(_ more: JSONObject) async throws -> HandlerResult {
                    var params: JSONObject = ["repo": .string(place)]
                    for member in more.members { params.append(member.key, member.value) }
                    return try await scene.run("git-branch", params)
                }
                let made = try await branch(["name": "feature/x", "ref": "v1"])
                #expect(made.outcome == .succeeded, "\(made)")
                #expect(
                    try await scene.script("git -C \(place) rev-parse v1 feature/x | uniq")
                        == made.result["commit"]?.stringValue
                )
                let again = try await branch(["name": "feature/x", "ref": "v1"])
                #expect(again.result["summary"]?.stringValue?.hasSuffix("already") == true, "\(again)")
                let other = try await branch(["name": "feature/x", "ref": "main"])
                #expect(other.error?.code == "branch-exists", "\(other)")
                #expect(try await branch(["name": "y", "ref": "nowhere"]).error?.code == "unknown-ref")
                #expect(try await branch(["name": "a..b"]).error?.code == "invalid-target")
                let listed = try await branch([:])
                #expect(
                    listed.result["branches"]?.arrayValue?.compactMap { $0["name"]?.stringValue }
                        == ["dev", "feature/x", "main"]
                )
            }
            #expect(try await scene.script("ls workspace/views") == "")
        }
    }

    @Test func `a branch is pushed to where the repository comes from, and not by force`() async throws {
        try await Scene.with { scene in
            try await scene.installFakeSSH()
            let repo = try await scene.repository("a")
            let bare = "\(scene.repositories)/bare.git"
            func push(_ branch: String = "main", _ repo: String) async throws -> HandlerResult {
                try await scene.run("git-push", ["repo": .string(repo), "branch": .string(branch)])
            }
            let homeless = try await push("main", repo)
            #expect(homeless.error?.detail == "Not pushed: it has no remote named origin.", "\(homeless)")
            #expect(try await push("main", "me@host:\(bare)").error?.code == "unreachable-repo")
            try await scene.script("git clone -q --bare repos/a repos/bare.git")
            // By way of another machine, and as a directory of this one.
            for (number, remote) in ["me@host:\(bare)", bare].enumerated() {
                try await scene.script(
                    """
                    cd repos/a && git remote remove origin 2>/dev/null || true
                    git remote add origin \(remote) && git commit -q --allow-empty -m new\(number)
                    """
                )
                let sent = try await push("main", repo)
                #expect(sent.outcome == .succeeded && sent.result["pushed"] == true, "\(sent)")
                #expect(try await scene.script("git -C \(bare) log -1 --format=%s main") == "new\(number)")
                try await scene.script(
                    "git -C \(bare) update-ref refs/heads/main $(git -C \(bare) commit-tree -p main -m theirs main^{tree})"
                )
                try await scene.script("cd repos/a && git commit -q --allow-empty -m ours")
                let refused = try await push("main", repo)
                #expect(refused.error?.code == "push-rejected", "\(refused)")
                #expect(refused.error?.detail.contains("has commits that are not here") == true, "\(refused)")
                #expect(try await scene.script("git -C \(bare) log -1 --format=%s main") == "theirs")
                try await scene.script("cd repos/a && git fetch -q \(bare) main && git reset -q --hard FETCH_HEAD")
                #expect(try await push("nowhere", repo).error?.code == "unknown-ref")
            }
            #expect(try await scene.script("ls workspace/views") == "")
        }
    }

    @Test func `a remote that a person has checked out and changed says so`() async throws {
        try await Scene.with { scene in
            let theirs = try await scene.repository("theirs")
            try await scene.script(
                "git clone -q repos/theirs repos/mine && git -C repos/mine commit -q --allow-empty -m new && echo x >> repos/theirs/a"
            )
            let push: JSONObject = ["repo": .string("\(scene.repositories)/mine")]
            let waits = try await scene.run("git-push", push)
            #expect(waits.error?.detail.contains("git -C \(theirs) stash") == true, "\(waits)")
            try await scene.script("git -C repos/theirs checkout -q a")
            #expect(try await scene.run("git-push", push).result["pushed"] == true)
            #expect(try await scene.script("git -C repos/theirs log -1 --format=%s") == "new")
        }
    }

    @Test func `what a task left in its work tree is committed, all of it or the files that are named`() async throws {
        try await LandingScene.with { landing in
            let scene = landing.scene
            let repo = try await scene.repository("a", "git checkout -q dev")
            let left = try await scene.run(
                "dev-run",
                [
                    "repo": .string(repo), "ref": "main", "command": ["sh", "-c", "echo two >> a; echo new > b"],
                ],
                task: "work"
            )
            #expect(left.result["workspace"]?["path"]?.stringValue?.hasSuffix("/work-1") == true, "\(left)")
            for (task, paths, files) in [("t1", ["b"], "b"), ("t2", [], "a\nb")] as [(String, [JSON], String)] {
                var params: JSONObject = ["repo": .string(repo), "message": "Keep it", "workspace": "work-1"]
                if !paths.isEmpty { params.append("paths", .array(paths)) }
                params.append("target", .string("kept/\(task)"))
                let made = try await landing.make(params, task: task)
                let digest = String(repeating: task == "t1" ? "d" : "e", count: 64)
                let landed = try await landing.land(try landing.approved(made, task: task, digest: digest))
                #expect(landed.outcome == .succeeded, "\(landed)")
                #expect(try await scene.script("git -C \(repo) diff --name-only main kept/\(task)") == files)
            }
            for name in ["nothing-1", "..", "work-1.lock"] {
                let unknown = try await landing.make(
                    ["repo": .string(repo), "message": "m", "workspace": .string(name)],
                    task: "t3"
                )
                #expect(unknown.error?.code == "unknown-workspace", "\(unknown)")
            }
        }
    }

    @Test func `a token opens its host, is shown to no other, and lies nowhere`() async throws {
        let token = "ghp-opens-one-host"
        try await LandingScene.with { landing in
            let scene = landing.scene
            let repo = try await scene.repository("a")
            try await scene.script(
                """
                git clone -q --bare repos/a repos/bare.git && mkdir -p bin
                printf '#!/bin/sh\\nprintf "%%s\\\\n" "$*" >> %s/argv\\nexec %s "$@"\\n' "$ROOT" "$(command -v git)" > git
                chmod +x git && mv git bin/git
                """
            )
            try await GitServerDouble.run(scene.repositories, password: token) { server in
                var landing = landing
                landing.git.host = server.address
                landing.git.credentials = SecretSource(name: "git.credentials") { () throws(SecretProblem) in token }
                landing.git = await landing.git.lookedAt()
                let url = "\(server.address)/bare.git"
                let params: JSONObject = [
                    "repo": .string(url), "message": "Change it",
                    "patch": .string(try await landing.patch(repo, "echo two >> a")),
                ]
                let made = try await landing.make(params)
                let landed = try await landing.land(try landing.approved(made))
                #expect(landed.outcome == .succeeded, "\(landed)")
                #expect(try await landing.subjects("\(scene.repositories)/bare.git").last == "Change it")
                #expect(
                    try await scene.script("grep -c '^the password /bare.git/git-receive-pack' repos/requests") != "0"
                )
                #expect(!"\(made)\(landed)".contains(token))
                #expect(
                    try await scene.script("grep -rlF \(token) workspace argv repos/a repos/bare.git || true") == ""
                )

                // The same server under another name.
                try await scene.script("rm repos/requests")
                var other = params
                other["repo"] = .string(url.split(separator: "127.0.0.1").joined(separator: "localhost"))
                let refused = try await landing.make(other, task: "t2")
                #expect(refused.error?.code == "unreachable-repo", "\(refused)")
                #expect(try await scene.script("cut -d/ -f1 repos/requests | sort -u") == "nothing")
            }
        }
    }
}
