import FoundationEssentials
import Testing
import YggClient
import YggCore
import YggProcess

/// Questions to people: asked once, decided once, whoever dies, hangs up or comes second.
@Suite(.timeLimit(.minutes(3)))
struct ApprovalTests {
    private static let kind: JSON = "try-write"

    private func submit(_ id: String, to ygg: RunningYgg, _ more: JSONObject = [:]) async throws -> String {
        var body: JSONObject = ["kind": Self.kind, "id": .string(id), "labels": ["executor=played"]]
        for member in more.members { body.append(member.key, member.value) }
        return try await ygg.submit(.object(body))
    }

    private func answer(
        _ word: String,
        _ id: String,
        _ digest: String,
        _ comment: String? = nil,
        at ygg: RunningYgg
    ) async throws -> Answer {
        var body: JSONObject = ["digest": .string(digest)]
        body.append("comment", .optional(comment))
        return try await ygg.post("/v1/tasks/\(id)/\(word)", .object(body))
    }

    private func open(_ ygg: RunningYgg) async throws -> [JSON] {
        try #require(try await ygg.get("/v1/approvals").json?["items"]?.arrayValue)
    }

    // MARK: Asking

    @Test func `a diff is asked about once its bytes are here, and is shown as it is`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", at: ygg)
            let id = try await submit("a", to: ygg)
            let lease = try await played.lease(of: id, phase: "run")
            let diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -0,0 +1 @@\n+grüße\n"
            let (hash, bundle) = (try await played.upload(diff, to: lease), String(repeating: "0", count: 64))
            // The bundle is somewhere else.
            #expect(try await played.ask(lease, diff: hash, bundle: bundle)["refused"] == "artifact-missing")
            #expect(try await ygg.get("/v1/tasks/\(id)").json?["state"] == "running")
            let there = try await played.upload("bundle", to: lease)
            #expect(try await played.ask(lease, diff: hash, bundle: there)["upTo"] == 1)
            // Said again because nobody heard the answer, it is the same question.
            #expect(try await played.ask(lease, diff: hash, bundle: there)["upTo"] == 1)
            let waiting = try await open(ygg)
            #expect(waiting.count == 1)
            #expect(waiting[0]["diff"] == .string(diff) && waiting[0]["subject"] == "diff" && waiting[0]["task"] == "a")
            #expect(waiting[0]["target"] == "main" && waiting[0]["digest"]?.stringValue?.count == 64)
            // The slot is free while a person thinks.
            let other = try await submit("b", to: ygg)
            _ = try await played.lease(of: other, phase: "run")

            let shown = await ygg.cli("task", "diff", id)
            #expect(shown.stdout == diff)
            let listed = await ygg.cli("approvals", "--json")
            #expect(listed.stdout.contains(waiting[0]["digest"]?.stringValue ?? "-"))
            let why = await ygg.cli("why", id)
            #expect(why.stdout.contains("ygg approve a"), "\(why.stdout)")
            let metrics = await tool("curl", "-s", "\(ygg.address)/metrics").stdout
            #expect(metrics.contains(#"yggdrasil_approvals_open{subject="diff"} 1"#))
        }
    }

    @Test func `an answer says what it is about, and a comment goes to the next attempt`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", at: ygg)
            let id = try await submit("a", to: ygg)
            let first = try await played.askAbout(id)
            let blank = try await ygg.post("/v1/tasks/a/approve", [:])
            #expect(blank.status == 400 && blank.code == "digest-required")
            #expect(blank.json?["pending"]?.arrayValue?.first?["digest"] == .string(first))

            let back = try await answer("reject", id, first, "Shorter, please.", at: ygg)
            #expect(back.status == 200 && back.json?["decision"] == "sentBack")
            let again = try await played.lease(of: id, phase: "run")
            let told = again["spec"]?["decisions"]?.arrayValue?.last
            #expect(told?["comment"] == "Shorter, please." && told?["decision"] == "sentBack")
            let diff = try await played.upload("+two\n", to: again)
            let bundle = try await played.upload("bundle two", to: again)
            _ = try await played.ask(again, diff: diff, bundle: bundle)
            let stale = try await answer("approve", id, first, at: ygg)
            let second = try #require(stale.json?["digest"]?.stringValue)
            #expect(stale.status == 409 && stale.code == "approval-stale" && second != first)

            #expect(try await answer("approve", id, second, at: ygg).json?["decision"] == "approved")
            let landing = try await played.lease(of: id, phase: "land")
            let permission = landing["spec"]?["decisions"]?.arrayValue?.last
            #expect(permission?["digest"] == .string(second) && permission?["decidedBy"] == "local")
            #expect(permission?["question"]?["bundle"] == .string(bundle))
            let result: JSON = ["outcome": "succeeded", "result": ["commit": "c9", "landedOn": "main"]]
            #expect(try await played.report(landing, n: 1, ("final", result))["upTo"] == 1)
            #expect(try await ygg.finished(id)["result"]?["commit"] == "c9")
            let audit = await ygg.cli("audit", "--task", id, "--json").stdout
            #expect(
                audit.contains("task.approve") && audit.contains("task.reject") && audit.contains("Shorter, please.")
            )
        }
    }

    // MARK: Deciding once

    @Test func `an approval whose answer was lost is one approval, however it is repeated`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", at: ygg)
            let id = try await submit("a", to: ygg)
            let digest = try await played.askAbout(id)
            let relay = try Relay(to: ygg.address)
            relay.turn(.cutAtAnswer)
            let lost = try? await HTTPTransport(baseURL: relay.address, token: nil).send(
                method: "POST",
                path: "/v1/tasks/a/approve",
                body: JSON.object(["digest": .string(digest)]).bytes,
                timeout: .seconds(60)
            )
            #expect(lost == nil)
            for _ in 0..<3 {
                let again = try await answer("approve", id, digest, at: ygg)
                #expect(again.status == 200 && again.json?["decision"] == "approved")
            }
            let landing = try await played.lease(of: id, phase: "land")
            try await played.finish([landing], holding: [PlayedExecutor.key(landing)])
            // Also when the task has long ended.
            #expect(try await answer("approve", id, digest, at: ygg).status == 200)
            #expect(try await ygg.approvalEvents(of: id).filter { $0["decision"] != nil }.count == 1)
            let audit = try await ygg.get("/v1/audit?task=a").json?["items"]?.arrayValue ?? []
            #expect(audit.filter { $0["action"] == "task.approve" }.count == 1)
            #expect(try await ygg.get("/v1/tasks/a").json?["epoch"] == 2, "granted once for the work, once to land")
        }
    }

    @Test func `of many who decide at once one decides, and the others are told which`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", at: ygg)
            for round in 0..<5 {
                let id = try await submit("t\(round)", to: ygg)
                let digest = try await played.askAbout(id, diff: "+\(round)\n", target: "b\(round)")
                let answers = try await withThrowingTaskGroup(of: (String, Answer).self) { group in
                    for word in ["approve", "reject", "approve", "reject", "cancel", "approve"] {
                        group.addTask {
                            if word == "cancel" { return (word, try await ygg.post("/v1/tasks/\(id)/cancel")) }
                            return (word, try await answer(word, id, digest, at: ygg))
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let decisions = try await ygg.approvalEvents(of: id).compactMap { $0["decision"]?.stringValue }
                #expect(decisions.count == 1, "\(decisions)")
                for (word, answer) in answers where word != "cancel" {
                    let isSame = decisions.first == (word == "approve" ? "approved" : "rejected")
                    #expect(answer.status == (isSame ? 200 : 409), "\(word) after \(decisions): \(answer.status)")
                    let standing = answer.json?["decision"] ?? answer.json?["approval"]?["decision"]
                    #expect(standing?.stringValue == decisions.first, "\(word): \(String(describing: answer.json))")
                }
                _ = try await ygg.post("/v1/tasks/\(id)/cancel")
            }
        }
    }

    @Test func `kill -9 of the coordinator loses neither a question nor a decision`() async throws {
        try await withFleet { fleet in
            var played = try await PlayedExecutor("played", kind: "try-write", at: fleet.coordinator)
            let id = try await submit("a", to: fleet.coordinator)
            let digest = try await played.askAbout(id)
            try await fleet.restartCoordinator()
            let waiting = try await open(fleet.coordinator)
            #expect(waiting.map { $0["digest"] } == [.string(digest)])
            // The decision may be made, or not, when it dies; it is made once in the end.
            let address = fleet.coordinator.address
            let body: JSON = ["digest": .string(digest)]
            try RawConnection(to: address).say(RawRequest.post("/v1/tasks/a/approve", body))
            try await fleet.restartCoordinator()
            #expect(try await answer("approve", id, digest, at: fleet.coordinator).status == 200)
            try await fleet.restartCoordinator()
            #expect(try await answer("approve", id, digest, at: fleet.coordinator).json?["decision"] == "approved")
            #expect(try await fleet.coordinator.approvalEvents(of: id).filter { $0["decision"] != nil }.count == 1)
            played = played.moved(to: fleet.coordinator)
            let landing = try await played.lease(of: id, phase: "land")
            #expect(landing["spec"]?["decisions"]?.arrayValue?.last?["digest"] == .string(digest))
            try await played.finish([landing], holding: [PlayedExecutor.key(landing)])
            #expect(try await fleet.coordinator.finished(id)["state"] == "succeeded")
            let check = await fleet.coordinator.cli("db", "check", "--data-dir", "\(fleet.directory)/coordinator")
            #expect(check.outcome.succeeded, "\(check.stdout)\(check.stderr)")
        }
    }

    @Test func `a decision is made whole though whoever made it hung up`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", at: ygg)
            for (number, word) in ["approve", "reject"].enumerated() {
                let id = try await submit("t\(number)", to: ygg)
                let digest = try await played.askAbout(id)
                try RawConnection(to: ygg.address).say(
                    RawRequest.post("/v1/tasks/\(id)/\(word)", ["digest": .string(digest)])
                )
                let task = try await ygg.task(id) { $0["state"] != "awaitingApproval" }
                #expect(task["state"] == (word == "approve" ? "queued" : "cancelled"))
                #expect(task["approval"] == nil)
                #expect(try await ygg.approvalEvents(of: id).count == 2)
                _ = try await ygg.post("/v1/tasks/\(id)/cancel")
            }
        }
    }

    @Test func `what nobody decides expires, and is not approved any more`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", at: ygg)
            let id = try await submit("a", to: ygg, ["timeouts": ["approvalMs": 300]])
            let digest = try await played.askAbout(id)
            let task = try await ygg.finished(id)
            #expect(task["state"] == "cancelled" && task["error"]?["code"] == "approval-expired")
            let late = try await answer("approve", id, digest, at: ygg)
            #expect(late.status == 409 && late.code == "already-decided")
            #expect(late.json?["approval"]?["decision"] == "expired")
            #expect(try await open(ygg).isEmpty)
        }
    }

    // MARK: Landing

    @Test func `two diffs for one target land one after the other, others beside them`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", slots: 4, at: ygg)
            var digests: [(String, String)] = []
            for (id, target) in [("a", "main"), ("b", "main"), ("c", "next")] {
                _ = try await submit(id, to: ygg)
                digests.append((id, try await played.askAbout(id, diff: "+\(id)\n", target: target)))
            }
            for (id, digest) in digests { #expect(try await answer("approve", id, digest, at: ygg).status == 200) }
            let both = try await played.leases(2).sorted {
                ($0["task"]?.stringValue ?? "") < ($1["task"]?.stringValue ?? "")
            }
            #expect(both.map { $0["task"] } == ["a", "c"] && both.allSatisfy { $0["phase"] == "land" })
            let (first, other) = (both[0], both[1])
            let held = both.map(PlayedExecutor.key)
            let why = try await ygg.get("/v1/tasks/b/why").json?["summary"]?.stringValue
            #expect(why?.contains("lands when a has") == true, "\(why ?? "")")
            #expect(try await ygg.get("/v1/tasks/b").json?["state"] == "queued")
            // The end of the first is the beginning of the second; nobody has to look again.
            try await played.finish([first], holding: held)
            let second = try await played.lease(of: "b", phase: "land", held: [PlayedExecutor.key(other)])
            try await played.finish([second, other], holding: [second, other].map(PlayedExecutor.key))
            for id in ["a", "b", "c"] { #expect(try await ygg.finished(id)["state"] == "succeeded") }
        }
    }

    @Test func `a landing that was interrupted makes room, and has its turn again`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", slots: 4, at: ygg)
            var digests: [(String, String)] = []
            for id in ["a", "b"] {
                _ = try await submit(id, to: ygg)
                digests.append((id, try await played.askAbout(id, diff: "+\(id)\n")))
            }
            for (id, digest) in digests { #expect(try await answer("approve", id, digest, at: ygg).status == 200) }
            let landing = try await played.leases(1)[0]
            #expect(try await played.report(landing, n: 1, ("final", ["interrupted": "notLanded"]))["upTo"] == 1)
            // Whichever is next: they take turns, and both land.
            for _ in 0..<2 {
                let leases = try await played.leases(1)
                #expect(leases.count == 1 && leases[0]["phase"] == "land")
                try await played.finish(leases, holding: leases.map(PlayedExecutor.key))
            }
            for id in ["a", "b"] { #expect(try await ygg.finished(id)["state"] == "succeeded") }
        }
    }

    // MARK: Tiers

    @Test func `what a task adds to its tier is asked, whatever the executor knows of it`() async throws {
        try await withFleet { fleet in
            let ygg = fleet.coordinator
            var played = try await PlayedExecutor("played", kind: "try-write", at: ygg)
            let id = try await submit("a", to: ygg, ["tier": ["review"]])
            let lease = try await played.lease(of: id, phase: "run")
            #expect(lease["spec"]?["tier"] == ["review"])
            let result: JSON = ["outcome": "unverified", "result": ["summary": "fine", "output": "done\n"]]
            #expect(try await played.report(lease, n: 1, ("final", result))["upTo"] == 1)
            let waiting = try #require(try await open(ygg).first)
            #expect(waiting["subject"] == "command" && waiting["next"] == "succeed")
            #expect(waiting["result"]?["output"] == "done\n")
            let digest = try #require(waiting["digest"]?.stringValue)
            _ = try await ygg.submit(["kind": Self.kind, "id": "after", "dependsOn": ["a"]])
            #expect(try await answer("approve", id, digest, at: ygg).json?["state"] == "succeeded")
            #expect(try await ygg.get("/v1/tasks/a").json?["result"]?["accepted"] == true)
            #expect(try await ygg.get("/v1/tasks/after").json?["state"] != "failed", "what a person accepted succeeded")
        }
    }

    @Test func `to lower a tier takes an operator`() async throws {
        let file = """
            auth: {loopback: required}
            handlers:
              - {kind: try-careful, run: [echo, done], tier: [plan, review]}
            """
        try await GuardedHousehold.with(configuration: file) { household, _ in
            let body: JSON = ["kind": "try-careful", "skipTier": ["plan"]]
            let freya = try await household.token("freya", "submitter")
            let refused = try await household.call("POST", "/v1/tasks", body, showing: freya)
            #expect(refused.status == 403 && refused.code == "forbidden")
            let taken = try await household.call("POST", "/v1/tasks", body, showing: household.admin)
            #expect(taken.status == 201 && taken.json?["tier"] == ["review"])
        }
    }

    @Test func `a declared command is shown, approved, run, shown again and counts`() async throws {
        let file = """
            handlers:
              - kind: try-touch
                params: {file: {type: string}}
                run: [sh, -c, 'touch "$1" && echo touched', sh, "{{file}}"]
                tier: [plan, review]
            tierRules:
              - {label: careful, tier: [plan]}
            """
        try await withUp(configuration: file) { ygg, directory in
            let path = "\(directory)/made"
            let asked = await ygg.cli(
                "task",
                "submit",
                "try-touch",
                "--id",
                "t",
                "--file",
                path,
                "--wait-for",
                "approval"
            )
            #expect(asked.outcome.ending == .exited(5), "\(asked.stderr)")
            #expect(!FileManager.default.fileExists(atPath: path))
            let shown = try #require(try await open(ygg).first)
            #expect(shown["argv"]?.arrayValue?.last == .string(path) && shown["phase"] == "plan")
            let text = await ygg.cli("task", "diff", "t").stdout
            #expect(text.contains("touch \"$1\"") && text.contains(path), "\(text)")

            let watcher = await ygg.watcher("task", "wait", "t")
            let approved = await ygg.cli("approve", "t")
            #expect(approved.outcome.succeeded && approved.stdout.contains("approved"), "\(approved.stderr)")
            _ = try await ygg.task("t") { $0["state"] == "awaitingApproval" && $0["phase"] == "run" }
            #expect(FileManager.default.fileExists(atPath: path))
            let result = await ygg.cli("task", "diff", "t").stdout
            #expect(result.contains("touched"), "\(result)")
            #expect(await ygg.cli("approve", "t", "--comment", "good").outcome.succeeded)
            let end = await watcher.value
            #expect(end.outcome.succeeded && end.stderr.contains("ygg approve t"), "\(end.stderr)")
            #expect(try await ygg.get("/v1/tasks/t").json?["result"]?["output"] == "touched\n")

            // A rejected one never runs.
            let label: JSON = ["careful"]
            let other = try await ygg.submit(["kind": "ops-uptime", "labels": label])
            _ = try await ygg.state(other, is: "awaitingApproval")
            let rejected = await ygg.cli("reject", other, "--comment", "not now")
            #expect(rejected.outcome.succeeded, "\(rejected.stderr)")
            let task = try await ygg.finished(other)
            #expect(task["state"] == "cancelled" && task["error"]?["detail"] == "It was rejected: not now")
            // Whoever comes later is told what stands.
            #expect(await ygg.cli("reject", other).outcome.succeeded)
            let late = await ygg.cli("approve", other)
            #expect(late.outcome.ending == .exited(1) && late.stderr.contains("rejected by local"), "\(late.stderr)")
        }
    }
}
