import Testing
import YggCore

@testable import YggTracker

@Suite("What bd answers")
struct BeadsReplyTests {
    private static func reply(_ stdout: String, _ stderr: String = "", exit: Int32 = 0) -> BeadsReply {
        BeadsReply(exitCode: exit, stdout: Array(stdout.utf8), stderr: stderr)
    }

    private static let payload = #"[{"id": "hh-1", "title": "a [b] {c}"}]"#

    @Test(arguments: [
        payload, #"{"schema_version": 1, "data": \#(payload)}"#, #"{"schema_version": 1, "items": \#(payload)}"#,
        #"{"data": {"items": \#(payload)}}"#, #"{"id": "hh-1", "title": "a [b] {c}", "schema_version": 1}"#,
        "note: talkative\n\(payload)\n", "[beads] starting\n\(payload)\nWarning: {late}\n", "\n\n  \(payload)",
    ])
    func `one issue in every shape`(_ stdout: String) {
        let list = Self.reply(stdout, "Warning: auto-export skipped\n").list
        #expect(list?.compactMap { TrackedIssue(beads: $0)?.title } == ["a [b] {c}"])
        #expect(Self.reply(stdout, "Warning: auto-export skipped\n").error == nil)
    }

    @Test(arguments: ["[]", "[]\n", #"{"schema_version":1,"data":[]}"#])
    func `none is an empty list, and not a failure`(_ stdout: String) { #expect(Self.reply(stdout).list == []) }

    @Test(arguments: ["", "No updates specified\n", "{", "[{]", "○ hh-1 a tree\n└── hh-2"])
    func `what is no list is none`(_ stdout: String) { #expect(Self.reply(stdout).list == nil) }

    private static let failures: [(String, String, BeadsFault)] = [
        (
            #"{"error":"no issues found matching the provided IDs","schema_version":1}"#, "Error fetching x: no",
            BeadsFault.missing
        ),
        (#"{"schema_version":1,"data":{"error":"resolving ID x: no issue found matching \"x\""}}"#, "", .missing),
        ("", #"{"error":"invalid issue type: x","schema_version":1}"#, .other),
        ("", "{\n  \"error\": \"invalid issue type: x\"\n}\n", .other),
        ("", "Error claiming hh-1: issue already claimed by alice\n", .taken),
        ("", "Warning: old\nError claiming hh-1: issue not claimable: status closed\n", .taken),
        (
            "",
            "Error updating hh-1: issue already claimed by bob\n{\"error\":\"1 of 1 issues failed to update\"}",
            .taken
        ),
        ("", "cannot close hh-1: blocked by open issues [hh-2] (use --force to override)\n", .guarded),
        ("", "Error: unknown flag: --sort\nUsage:\n  bd ready [flags]\n", .unknownFlag),
        ("", "Error: another process holds the exclusive lock on /x/.beads/embeddeddolt\n", .busy),
        ("", "Error: no beads database found\nHint: run 'bd init'\n", .unusable),
        ("", "", .other),
        // Ids, quotations and what nobody has heard of are no reason to give up.
        ("", "Error updating backend-schema-1: not now\n", .other),
        ("", "Error: saving \"issue not found\" went wrong\n", .other), ("", "Error: backend is tired\n", .other),
        ("", "Error: database not found: hh\n", .unusable), ("", "Error: issue hh-1 not found\n", .missing),
        ("", "Error: no active lease on hh-1\n", .unleased),
        ("", "Error: unknown command \"heartbeat\" for \"bd\"\n", .unknownFlag),
    ]

    @Test(arguments: failures)
    func `failures on all three channels`(_ stdout: String, _ stderr: String, _ fault: BeadsFault) throws {
        let error = try #require(Self.reply(stdout, stderr, exit: 1).error)
        #expect(BeadsFault(error, about: "hh-1") == fault, "\(error)")
    }

    @Test func `both shapes of dependencies, and both forms of times`() throws {
        let edges = """
            {"id":"hh-1","title":"a","created_at":"2026-03-01T12:00:00.123456789Z","updated_at":"2026-03-01T05:00:00-07:00",
             "labels":["b","a"],"assignee":"","dependencies":[
              {"issue_id":"hh-1","depends_on_id":"hh-2","type":"blocks"},{"depends_on_id":"hh-3","type":"related"}]}
            """
        let issue = try #require(TrackedIssue(beads: try JSON(parsing: edges)))
        #expect(issue.blockedBy == ["hh-2"] && issue.assignee == nil && issue.priority == .normal)
        #expect(issue.createdAt?.description == "2026-03-01T12:00:00.123Z")
        #expect(issue.updatedAt?.description == "2026-03-01T12:00:00.000Z")
        let whole = #"{"id":"hh-1","title":"a","dependencies":[{"id":"hh-2","title":"b","dependency_type":"blocks"}]}"#
        #expect(TrackedIssue(beads: try JSON(parsing: whole))?.blockedBy == ["hh-2"])
    }

    /// Whatever is around it and however it is wrapped, what was put in comes out.
    @Test func `any issues, anyhow wrapped`() throws {
        var random = SeededRandom(seed: 7)
        let texts = ["", "x", "{", "]", "\n[{", "ü\u{2028}", "\"", "<script>", "```yaml\na: 1\n```"]
        for _ in 0..<400 {
            let issues = (0..<random.int(0..<5)).map { index -> JSON in
                var object: JSONObject = ["id": .string("hh-\(index)"), "title": .string("t\(random.pick(texts))")]
                if random.chance(50) { object["description"] = .string(random.pick(texts)) }
                if random.chance(50) { object["priority"] = .int(Int64(random.int(0..<5))) }
                if random.chance(30) { object["unheard_of"] = ["a": [1, .null]] }
                return .object(object)
            }
            var payload = JSON.array(issues)
            if random.chance(50) { payload = ["schema_version": 1, "data": payload] }
            var text = random.chance(50) ? payload.prettyText : payload.text
            if random.chance(50) { text = "\(random.pick(["note: x", "[beads] y", "{broken"]))\n\(text)" }
            if random.chance(50) { text += random.pick(["\n", "\nbye\n", "\n[late] z\n"]) }
            let read = Self.reply(text).list?.compactMap { TrackedIssue(beads: $0) }
            #expect(read == issues.compactMap { TrackedIssue(beads: $0) }, "\(text)")
            #expect(Self.reply(text).array?.compactMap { TrackedIssue(beads: $0) } == read, "\(text)")
        }
    }

    /// One that nests deeper than anybody reads is passed over, and no part of it is taken for the whole.
    @Test(arguments: [true, false], ["", "[beads] starting\n"])
    func `one issue that cannot be read takes none of the others along`(_ isPretty: Bool, _ noise: String) throws {
        let line = isPretty ? "\n" : ""
        let monster =
            String(repeating: "[\(line)", count: 3000) + "{}\(line)" + String(repeating: "]\(line)", count: 3000)
        let text = """
            \(noise)[\(line){"id": "hh-1", "title": "a ] \\" }"},\(line)
            {"id": "hh-2", "title": "b", "metadata": {"x": \(monster)}},\(line){"id": "hh-3", "title": "c"}]
            """
        let read = Self.reply(text).array?.compactMap { TrackedIssue(beads: $0)?.id }
        #expect(read == ["hh-1", "hh-3"])
    }

    @Test func `metadata may be nested deeper than a task's parameters`() {
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        let text = #"[{"id": "hh-1", "title": "a", "metadata": {"x": \#(deep)}}]"#
        #expect(Self.reply(text).array?.count == 1)
    }

    @Test func `where a list is due an object is none`() {
        #expect(Self.reply(#"{"id": "hh-1", "title": "a"}"#).array == nil)
        #expect(Self.reply(#"{"id": "hh-1", "title": "a"}"#).list?.count == 1)
    }

    @Test(arguments: ["", "-x", "a b", "../x", "a/b", "..", "--all", "hh-1\n"])
    func `what could mean another issue is no id`(_ text: String) { #expect(IssueID(text) == nil) }

    @Test(arguments: [
        ("bd version 0.49.3 (dev)", "0.49.3", false), ("1.0.5", "1.0.5", true), ("v1.3.0-rc.1", "1.3.0", true),
    ])
    func `versions`(_ text: String, _ version: String, _ claims: Bool) throws {
        let read = try #require(BeadsVersion(in: text))
        #expect(read.description == version && (read >= .claims) == claims)
    }
}
