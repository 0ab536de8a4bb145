import Glibc
import Testing
import YggCore
import YggProcess

@Suite(.timeLimit(.minutes(2)))
struct SubmissionTests {
    @Test func `a task is stored, granted and carried out, and tells its story`() async throws {
        try await withUp { ygg, _ in
            let answer = try await ygg.post("/v1/tasks", ["kind": "bench-noop", "labels": ["night"], "title": "first"])
            #expect(answer.status == 201)
            let id = try #require(answer.json?["id"]?.stringValue)
            #expect(answer.header("Location") == "/v1/tasks/\(id)")
            #expect(answer.header("ETag") != nil)
            let task = try await ygg.finished(id)
            #expect(task["state"] == "succeeded")
            #expect(task["result"]?["outcome"] == "succeeded")
            #expect(task["executor"] == "local")
            let events = try #require(try await ygg.get("/v1/tasks/\(id)/events").json?["items"]?.arrayValue)
            let states = events.filter { $0["type"] == "state" }.compactMap { $0["data"]?["state"]?.stringValue }
            #expect(states == ["queued", "running", "succeeded"])
            #expect(events.compactMap { $0["seq"]?.intValue } == Array(1...Int64(events.count)))
            let listed = try #require(try await ygg.get("/v1/tasks?label=night&state=succeeded").json)
            #expect(listed["items"]?.arrayValue?.first?["id"]?.stringValue == id)
        }
    }

    @Test func `tasks that nobody named are told apart by what is said of them`() async throws {
        try await withUp { ygg, _ in
            let cases: [(JSON, String)] = [
                (["kind": "bench-noop"], "bench-noop"),
                (["kind": "bench-noop", "description": "\n \nWhy\nand how"], "Why"),
                (["kind": "code-refactor", "params": ["code": "x", "instruction": "Shorter.\nPlease."]], "Shorter."),
                (["kind": "code-generate", "params": ["spec": "A queue"], "title": "Mine"], "Mine"),
                (
                    ["kind": "llm-prompt", "params": ["prompt": "Why?"], "description": "Asked at night"],
                    "Asked at night"
                ),
            ]
            for (body, title) in cases {
                let answer = try await ygg.post("/v1/tasks", body)
                #expect(answer.status == 201 && answer.json?["title"]?.stringValue == title, "\(answer)")
            }
        }
    }

    @Test func `what is said beside the parameters is what an agent is told, unless they say it`() async throws {
        try await withUp { ygg, _ in
            let cases: [(JSONObject, JSON?)] = [
                (["prompt": "A queue"], "A queue"), (["description": "A queue"], "A queue"),
                (["prompt": "A queue", "description": "For Freya"], "A queue"),
                (["prompt": "A queue", "params": ["spec": "It is short"]], "A queue"),
                (["description": "A queue", "params": ["spec": " ", "instruction": nil]], "A queue"),
                (["description": "For Freya", "params": ["spec": "A queue"]], nil),
                (["description": "For Freya", "params": ["instruction": "A queue"]], "A queue"),
            ]
            for (words, instruction) in cases {
                var body: JSONObject = ["kind": "code-generate"]
                for member in words.members { body[member.key] = member.value }
                let answer = try await ygg.post("/v1/tasks", .object(body))
                #expect(answer.status == 201 && answer.json?["params"]?["instruction"] == instruction, "\(answer)")
                #expect(answer.json?["params"]?["prompt"] == nil)
            }
            let twice = try await ygg.post(
                "/v1/tasks",
                ["kind": "code-refactor", "prompt": "A queue", "params": ["instruction": "A stack"]]
            )
            #expect(twice.code == "invalid-request" && "\(twice)".contains("prompt"))
            let silent = try await ygg.post("/v1/tasks", ["kind": "code-generate", "params": ["repo": "/"]])
            #expect(silent.code == "invalid-request" && "\(silent)".contains("spec, instruction, code"))
        }
    }

    @Test func `what is wrong with a submission is said, and nothing is stored`() async throws {
        try await withUp { ygg, _ in
            let cases: [(JSON, Int, String)] = [
                (["kind": "git-lgo", "params": ["repo": "/"]], 422, "unknown-kind"),
                (["kind": "nobody-knows"], 422, "unknown-kind"),
                (["kind": "git-log"], 400, "invalid-request"),
                (["kind": "git-log", "params": ["repo": "/", "limit": 0]], 400, "invalid-request"),
                (["kind": "git-log", "params": ["repo": "relative"]], 400, "invalid-request"),
                (["kind": "git-log", "params": ["repo": "-x"]], 400, "invalid-request"),
                (["kind": "bench-noop", "priority": 9], 400, "invalid-request"),
                (["kind": "bench-noop", "titel": "x"], 400, "invalid-request"),
                (["kind": "bench-noop", "id": "no/slash"], 400, "invalid-request"),
                (["kind": "bench-noop", "dependsOn": ["nothing-there"]], 422, "unknown-dependency"),
                (["kind": "bench-noop", "id": "self", "dependsOn": ["self"]], 422, "dependency-cycle"),
                (["prompt": "make it better"], 422, "unknown-kind"),
                ([:], 400, "invalid-request"),
                ([1], 400, "invalid-request"),
            ]
            for (body, status, code) in cases {
                let answer = try await ygg.post("/v1/tasks", body)
                #expect(answer.status == status, "\(body.text)")
                #expect(answer.code == code, "\(body.text)")
                #expect(answer.header("Content-Type") == "application/problem+json")
                #expect(answer.json?["nextAction"]?.stringValue?.isEmpty == false)
                #expect(answer.json?["retryable"]?.boolValue == false)
            }
            let near = try await ygg.post("/v1/tasks", ["kind": "git-lgo", "params": ["repo": "/"]])
            #expect(near.json?["nextAction"]?.stringValue?.contains("git-log") == true)
            let large = try await ygg.post(
                "/v1/tasks",
                ["kind": "bench-noop", "description": .string(String(repeating: "x", count: 2 << 20))]
            )
            #expect(large.status == 413 && large.code == "too-large")
            #expect(large.json?["nextAction"]?.stringValue?.contains("coordinator.limits.body") == true)
            #expect(try await ygg.get("/v1/tasks").json?["items"] == .array([]))
        }
    }

    @Test func `the same request twice is one task`() async throws {
        try await withUp { ygg, _ in
            let body: JSON = ["kind": "bench-noop", "title": "once"]
            let key = [("Idempotency-Key", "\"k-1\"")]
            let first = try await ygg.post("/v1/tasks", body, headers: key)
            let second = try await ygg.post("/v1/tasks", body, headers: [("Idempotency-Key", "k-1")])
            #expect(first.status == 201 && second.status == 201)
            #expect(first.json?["id"] == second.json?["id"])
            #expect(second.header("Idempotency-Replayed") == "true")
            let location = try #require(first.header("Location"))
            #expect(second.header("Location") == location)
            let other = try await ygg.post("/v1/tasks", ["kind": "bench-noop", "title": "twice"], headers: key)
            #expect(other.status == 422 && other.code == "idempotency-key-reused")

            let named: JSON = ["kind": "bench-noop", "task_id": "mine"]
            #expect(try await ygg.post("/v1/tasks", named).status == 201)
            #expect(try await ygg.post("/v1/tasks", named).status == 200)
            let clash = try await ygg.post("/v1/tasks", ["kind": "bench-true", "id": "mine"])
            #expect(clash.status == 409 && clash.code == "task-exists")

            let later: JSON = ["kind": "bench-noop", "dedupeKey": "nightly", "notBefore": "2099-01-01T00:00:00Z"]
            let live = try await ygg.post("/v1/tasks", later)
            let again = try await ygg.post("/v1/tasks", later)
            #expect(live.status == 201 && again.status == 200)
            #expect(live.json?["id"] == again.json?["id"])
            let id = try #require(live.json?["id"]?.stringValue)
            #expect(try await ygg.post("/v1/tasks/\(id)/cancel").status == 202)
            #expect(try await ygg.post("/v1/tasks", later).status == 201)
            #expect(try await ygg.get("/v1/tasks?limit=200").json?["items"]?.arrayValue?.count == 4)
        }
    }

    @Test func `a batch is one commit with an answer for each`() async throws {
        try await withUp { ygg, _ in
            let answer = try await ygg.post(
                "/v1/tasks:batch",
                [
                    "tasks": [
                        ["kind": "bench-noop", "id": "a"], ["kind": "bench-noop", "id": "b", "dependsOn": ["a"]],
                        ["kind": "no-such"], ["kind": "bench-noop", "dependsOn": ["zz"]],
                    ]
                ]
            )
            let items = try #require(answer.json?["items"]?.arrayValue)
            #expect(items.compactMap { $0["status"]?.intValue } == [201, 201, 422, 422])
            #expect(try await ygg.finished("b")["state"] == "succeeded")
            #expect(try await ygg.post("/v1/tasks:batch", ["tasks": []]).status == 400)
            let many = JSON.array(Array(repeating: ["kind": "bench-noop"], count: 1001))
            let refused = try await ygg.post("/v1/tasks:batch", ["tasks": many])
            #expect(refused.status == 400)
            #expect(refused.json?["detail"]?.stringValue?.contains("coordinator.limits.batch") == true)
        }
    }

    @Test func `a batch or a retry that is sent again makes nothing twice`() async throws {
        try await withUp { ygg, _ in
            let batch: JSON = ["tasks": [["kind": "bench-noop"], ["kind": "no-such"], ["kind": "bench-noop"]]]
            let key = [("Idempotency-Key", "night-1")]
            let first = try await ygg.post("/v1/tasks:batch", batch, headers: key)
            let second = try await ygg.post("/v1/tasks:batch", batch, headers: key)
            func ids(_ answer: Answer) -> [String?] {
                (answer.json?["items"]?.arrayValue ?? []).map { $0["task"]?["id"]?.stringValue }
            }
            #expect(ids(first).compactMap(\.self).count == 2)
            #expect(ids(first) == ids(second))
            #expect(first.header("Idempotency-Replayed") == nil && second.header("Idempotency-Replayed") == "true")
            let other = try await ygg.post("/v1/tasks:batch", ["tasks": [["kind": "bench-true"]]], headers: key)
            #expect(other.status == 422 && other.code == "idempotency-key-reused")

            let id = try #require(ids(first)[0])
            _ = try await ygg.finished(id)
            let again = try await ygg.post("/v1/tasks/\(id)/retry", headers: key)
            let repeated = try await ygg.post("/v1/tasks/\(id)/retry", headers: key)
            #expect(again.status == 201 && repeated.status == 201)
            #expect(again.json?["id"] == repeated.json?["id"])
            #expect(repeated.header("Idempotency-Replayed") == "true")
            let third = try #require(ids(first)[2])
            #expect(try await ygg.post("/v1/tasks/\(third)/retry", headers: key).code == "idempotency-key-reused")
            #expect(try await ygg.get("/v1/tasks?limit=200").json?["items"]?.arrayValue?.count == 3)
        }
    }

    @Test func `tasks wait for others, for a time, and are tried again`() async throws {
        let declared = """
            handlers:
              - kind: try-flaky
                params: {dir: {type: string}}
                run: [sh, -c, 'test -e "$1/mark" || { touch "$1/mark"; exit 7; }', sh, "{{dir}}"]
                retry: {maxAttempts: 3, backoff: 10ms}
              - kind: try-fail
                run: [sh, -c, "echo gone wrong >&2; exit 3"]
                retry: {maxAttempts: 1}
            """
        try await withUp(configuration: declared) { ygg, directory in
            let flaky = try await ygg.submit(["kind": "try-flaky", "params": ["dir": .string(directory)]])
            let task = try await ygg.finished(flaky)
            #expect(task["state"] == "succeeded")
            #expect(task["attempt"] == 2)

            let failing = try await ygg.submit(["kind": "try-fail"])
            let dependant = try await ygg.submit(["kind": "bench-noop", "dependsOn": [.string(failing)]])
            let stubborn = try await ygg.submit([
                "kind": "bench-noop", "dependsOn": [.string(failing)], "onDependencyFailure": "run",
            ])
            let failed = try await ygg.finished(failing)
            #expect(failed["state"] == "failed")
            #expect(failed["error"]?["code"] == "exit-code")
            #expect(failed["result"]?["exitCode"] == 3)
            #expect(try await ygg.finished(dependant)["error"]?["code"] == "dependency-failed")
            #expect(try await ygg.finished(stubborn)["state"] == "succeeded")

            let soon = Timestamp.soon(milliseconds: 400).description
            let delayed = try await ygg.submit(["kind": "bench-noop", "notBefore": .string(soon)])
            let done = try await ygg.finished(delayed)
            #expect(try #require(done["startedAt"]?.stringValue) >= soon)
            // That one may have been due when it arrived.
            let far = try await ygg.submit(["kind": "bench-noop", "notBefore": "2099-01-01T00:00:00Z"])
            let told = try await ygg.get("/v1/tasks/\(far)/events").json?["items"]?.arrayValue?.first
            #expect(told?["data"]?["state"] == "scheduled")

            let never = try await ygg.submit([
                "kind": "bench-noop", "labels": ["arch=none"], "timeouts": ["queueMs": 200],
            ])
            #expect(try await ygg.finished(never)["error"]?["code"] == "queue-timeout")

            let unfit = try await ygg.submit(["kind": "bench-noop", "labels": ["arch=none"]])
            let why = try #require(try await ygg.get("/v1/tasks/\(unfit)/why").json)
            let unmet = try #require(why["executors"]?.arrayValue?.first?["unmet"]?.arrayValue?.first)
            #expect(unmet["text"]?.stringValue?.contains("arch=none") == true)
            #expect(unmet["remedy"]?.stringValue?.contains("--label arch=none") == true)

            let again = try await ygg.post("/v1/tasks/\(failing)/retry")
            #expect(again.status == 201)
            #expect(again.json?["retryOf"]?.stringValue == failing)
        }
    }

    @Test func `two tasks that are due together, one by the other's end, do not stop the clock`() async throws {
        try await withUp { ygg, _ in
            let unfit: JSON = ["arch=none"]
            let answer = try await ygg.post(
                "/v1/tasks:batch",
                [
                    "tasks": [
                        ["kind": "bench-noop", "id": "a", "labels": unfit, "timeouts": ["queueMs": 100]],
                        ["kind": "bench-noop", "id": "b", "dependsOn": ["a"], "timeouts": ["queueMs": 100]],
                    ]
                ]
            )
            #expect(answer.status == 200)
            #expect(try await ygg.finished("a")["error"]?["code"] == "queue-timeout")
            #expect(try await ygg.finished("b")["error"]?["code"] == "dependency-failed")
            let later = try await ygg.submit([
                "kind": "bench-noop", "notBefore": .string(Timestamp.soon(milliseconds: 50).description),
            ])
            #expect(try await ygg.finished(later)["state"] == "succeeded")
        }
    }

    @Test func `what was asked of another version of a task is refused`() async throws {
        try await withUp { ygg, _ in
            let id = try await ygg.submit(["kind": "bench-noop", "notBefore": "2099-01-01T00:00:00Z"])
            let tag = try #require(try await ygg.get("/v1/tasks/\(id)").header("ETag"))
            let stale = try await ygg.post("/v1/tasks/\(id)/cancel", headers: [("If-Match", "\"99\"")])
            #expect(stale.status == 412 && stale.code == "precondition-failed")
            #expect(try await ygg.post("/v1/tasks/\(id)/retry", headers: [("If-Match", "nonsense")]).status == 412)
            #expect(try await ygg.get("/v1/tasks/\(id)").header("ETag") == tag, "nothing has happened to it")
            #expect(try await ygg.post("/v1/tasks/\(id)/cancel", headers: [("If-Match", tag)]).status == 202)
        }
    }

    @Test func `a key that met a task of another name stays with it`() async throws {
        try await withUp { ygg, _ in
            let body: JSON = ["kind": "bench-noop", "dedupeKey": "nightly"]
            let key = [("Idempotency-Key", "k-9")]
            let waiting = try await ygg.post(
                "/v1/tasks",
                ["kind": "bench-noop", "dedupeKey": "nightly", "notBefore": "2099-01-01T00:00:00Z"]
            )
            let met = try await ygg.post("/v1/tasks", body, headers: key)
            #expect(met.status == 200 && met.json?["id"] == waiting.json?["id"])
            let id = try #require(met.json?["id"]?.stringValue)
            #expect(try await ygg.post("/v1/tasks/\(id)/cancel").status == 202)
            let again = try await ygg.post("/v1/tasks", body, headers: key)
            #expect(again.json?["id"]?.stringValue == id, "the same request makes no second task")
            #expect(again.header("Idempotency-Replayed") == "true")
            let both = try await ygg.post("/v1/tasks", ["kind": "bench-noop", "id": "one", "task_id": "two"])
            #expect(both.status == 400)
        }
    }

    @Test func `short lists have pages as well`() async throws {
        try await withUp { ygg, _ in
            // Names alone: who offers them changes while the executor registers.
            func names(_ page: JSON) -> [String] {
                (page["items"]?.arrayValue ?? []).compactMap { $0["kind"]?.stringValue }
            }
            let all = try #require(try await ygg.get("/v1/kinds").json)
            let first = try #require(try await ygg.get("/v1/kinds?limit=3").json)
            let next = try #require(first["nextCursor"]?.stringValue)
            let second = try #require(try await ygg.get("/v1/kinds?limit=200&cursor=\(next)").json)
            #expect(names(first).count == 3)
            #expect(names(first) + names(second) == names(all))
            #expect(second["nextCursor"] == .null)
            #expect(try await ygg.get("/v1/routes?limit=0").status == 400)
        }
    }

    @Test func `a reader is told of changes, and of none`() async throws {
        try await withUp { ygg, _ in
            let id = try await ygg.submit(["kind": "bench-noop", "notBefore": "2099-01-01T00:00:00Z"])
            let first = try await ygg.get("/v1/tasks/\(id)")
            let tag = try #require(first.header("ETag"))
            #expect(try await ygg.get("/v1/tasks/\(id)", headers: [("If-None-Match", tag)]).status == 304)
            let version = try #require(first.json?["version"]?.intValue)
            async let changed = ygg.get("/v1/tasks/\(id)?wait=30s&index=\(version)")
            #expect(try await ygg.post("/v1/tasks/\(id)/retry").status == 200)
            #expect(try await changed.json?["version"]?.intValue ?? 0 > version)
            _ = try await ygg.finished(id)
            #expect(try await ygg.get("/v1/tasks/\(id)", headers: [("If-None-Match", tag)]).status == 200)
            #expect(try await ygg.get("/v1/tasks/unknown").code == "not-found")
        }
    }

    @Test func `lists go page by page and refuse a foreign cursor`() async throws {
        try await withUp { ygg, _ in
            let tasks = (0..<25).map { JSON.object(["kind": "bench-noop", "id": .string("t\($0)")]) }
            #expect(try await ygg.post("/v1/tasks:batch", ["tasks": .array(tasks)]).status == 200)
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try #require(try await ygg.get("/v1/tasks?prefix=bench-&limit=10\(cursor)").json)
                seen += (page["items"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
                cursor = page["nextCursor"]?.stringValue.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(seen == (0..<25).reversed().map { "t\($0)" })
            let next = try #require(try await ygg.get("/v1/tasks?limit=10").json?["nextCursor"]?.stringValue)
            #expect(try await ygg.get("/v1/tasks?limit=10&prefix=git-&cursor=\(next)").status == 400)
            #expect(try await ygg.get("/v1/tasks?cursor=nonsense").status == 400)
            #expect(try await ygg.get("/v1/tasks?limit=0").status == 400)
            #expect(try await ygg.get("/v1/tasks?colour=red").status == 400)
        }
    }
}

extension Timestamp {
    static func soon(milliseconds: Int64) -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000 + milliseconds)
    }
}
