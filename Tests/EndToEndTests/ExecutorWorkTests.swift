import Glibc
import Testing
import YggCore
import YggProcess

/// What tasks do to a machine, and what is left of them. One after the other: the first of them takes all of it.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ExecutorWorkTests {
    @Test func `a task that burns every core and fills its memory does not cost its lease`() async throws {
        // Four processes a core, for several times the time to live, and half a gigabyte: tail keeps what it may have
        // to write. All of the memory would be the other tests' too.
        let declared = """
            coordinator: {leaseTTL: 9s}
            handlers:
              - kind: try-burn
                run: [sh, -c, 'i=0; while [ $i -lt $(($(nproc) * 4)) ]; do timeout 27 sh -c "while :; do :; done" & i=$((i+1)); done; (head -c 512M /dev/zero; sleep 27) | tail -c 512M | wc -c; wait; echo burnt']
            """
        try await withUp(configuration: declared) { ygg, _ in
            let id = try await ygg.submit(["kind": "try-burn"])
            let task = try await ygg.finished(id)
            #expect(task["state"] == "succeeded", "\(task.text)")
            #expect(task["epoch"] == 1, "the lease was lost on the way")
            #expect(try await ygg.output(of: id) == "\(512 << 20)\nburnt\n")
        }
    }

    @Test func `work that lasts many times to live keeps its lease`() async throws {
        let declared = """
            coordinator: {leaseTTL: 9s}
            handlers:
              - kind: try-last
                run: [sleep, "27"]
            """
        try await withUp(configuration: declared) { ygg, _ in
            let task = try await ygg.finished(try await ygg.submit(["kind": "try-last"]))
            #expect(task["state"] == "succeeded", "\(task.text)")
            #expect(task["epoch"] == 1)
        }
    }

    @Test func `a cancelled task leaves nobody of its session, whoever ignores SIGTERM or left its group`() async throws
    {
        try await withUp(configuration: Self.family) { ygg, _ in
            let (id, group) = try await startFamily(ygg)
            #expect(await alive(in: group).contains { !$0.hasPrefix("\(group) \(group) ") }, "one has left the group")
            #expect(try await ygg.post("/v1/tasks/\(id)/cancel").status == 202)
            #expect(try await ygg.finished(id)["state"] == "cancelled")
            try await gone(group)
        }
    }

    @Test func `a terminal that is closed ends ygg in order, and its tasks with it`() async throws {
        let environment = ["YGG_DRAIN_TIMEOUT": "0s"]
        let terminal = try PseudoTerminal()
        try await withUp(configuration: Self.family, environment: environment, terminal: terminal) { ygg, _ in
            let (_, group) = try await startFamily(ygg)
            terminal.hangUp()
            #expect(await ygg.end().ending == .exited(0))
            try await gone(group)
        }
    }

    /// Heeds no SIGTERM, with children and grandchildren; job control gives one of them a group of its own.
    private static let family = """
        handlers:
          - kind: try-family
            run: [bash, -c, 'trap "" TERM; sleep 600 & sh -c "sleep 600 & wait" & set -m; sleep 600 & set +m; echo $$; wait']
        """

    /// Whoever is left of a session: its id, the group's, the state, and the command. A zombie has ended; who reaps it is
    /// the machine's business.
    private func alive(in session: pid_t) async -> [String] {
        await collect(["ps", "-eo", "sess=,pgid=,stat=,args="]).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[0] == "\(session)", !fields[2].hasPrefix("Z") else { return nil }
            return fields.joined(separator: " ")
        }
    }

    /// Returns once nobody is left. All of them were killed before the end was told, and take a moment to die of it; whoever was
    /// forgotten outlasts the test.
    private func gone(_ session: pid_t) async throws {
        while await !alive(in: session).isEmpty { try Task.checkCancellation() }
    }

    /// - Returns: the task and its process group, which is there.
    private func startFamily(_ ygg: RunningYgg) async throws -> (id: String, group: pid_t) {
        let id = try await ygg.submit(["kind": "try-family"])
        await ygg.waitForStream(of: id, toShow: "stdout")
        let group = try #require(Int32(try await ygg.output(of: id).split(separator: "\n").first ?? ""))
        #expect(kill(-group, 0) == 0, "the group is there")
        return (id, group)
    }
}
