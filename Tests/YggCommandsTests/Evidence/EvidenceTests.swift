import FoundationEssentials
import Testing
import YggClient
import YggCore

@testable import YggCommands

/// What proves a task's work, in one piece.
struct EvidenceTests {
    private static let bundle = EvidenceBundle(
        task: TaskView([
            "id": "t", "kind": "code-refactor", "state": "succeeded", "createdAt": "2026-11-21T01:00:00Z",
            "startedAt": "2026-11-21T01:00:10Z", "finishedAt": "2026-11-21T07:30:05Z",
            "params": ["instruction": "Add it."], "result": ["branch": "main", "commit": "4014a72b"],
        ]),
        approvals: [
            [
                "subject": "diff", "requestedAt": "2026-11-21T01:05:10Z", "decision": "approved",
                "decidedBy": "freya",
                "decidedAt": "2026-11-21T07:30:00Z", "digest": "d1",
            ]
        ],
        evidence: [
            "model": "demo/demo", "scripted": true, "steps": 3, "prompts": ["base": "abc"],
            "fixed": ["test_add"], "failures": ["before": ["test_add", "test_old"], "after": ["test_old"]],
            "base": [["argv": ["make", "a test"], "exitCode": 2, "output": "2 failed\n"]],
            "checks": [
                [
                    "argv": ["make", "a test"], "exitCode": 0, "milliseconds": 1500, "failures": ["test_old"],
                    "output": "1 passed\u{1B}[2J\n",
                ]
            ],
        ],
        diff: Array("--- a/a\n+++ b/a\n+x\u{202E}\n".utf8)
    )

    @Test
    func
        `a person sees commands with their ends, failures, model, prompts, times, approvals and the diff`()
    {
        let text = EvidenceText.text(Self.bundle, style: .plain)
        for part in [
            "Add it.", "demo/demo, a scenario in the place of a model", "base abc",
            "diff approved by freya", "(d1)",
            "exit 0  make 'a test'  1.5s", "repaired", "test_add", "still fails", "test_old",
            "failed before", "checks before the work\nexit 2  make 'a test'\n    2 failed",
            "main 4014a72b",
            "work 5m00s, with a person 6h24m, landing 5.0s", "+x<U+202E>", "1 passed^[[2J",
        ] {
            #expect(text.contains(part), "\(part) is missing in\n\(text)")
        }
        #expect(!text.unicodeScalars.contains("\u{1B}"))
    }

    @Test func `what failed before still fails, and what did not fails now`() throws {
        let evidence: JSONObject = [
            "failures": ["before": ["test_old", "unused"], "after": ["test_new", "test_old", "unused", "unused"]]
        ]
        let bundle = EvidenceBundle(task: Self.bundle.task, approvals: [], evidence: evidence, diff: nil)
        let lines = EvidenceText.text(bundle, style: .plain).split(separator: "\n").map { line in
            line.split(separator: " ").joined(separator: " ")
        }
        #expect(
            lines.filter { $0.hasPrefix("still fails") || $0.hasPrefix("fails now") } == [
                "fails now test_new", "still fails test_old", "still fails unused", "fails now unused",
            ]
        )
    }

    @Test func `the files hold the same, and the diff byte for byte`() throws {
        let files = Dictionary(uniqueKeysWithValues: Self.bundle.files.map { ($0.name, $0.bytes) })
        #expect(files["diff.patch"] == Self.bundle.diff)
        #expect(
            files["commands.txt"].map { String(decoding: $0, as: UTF8.self) }?.contains("exit 0  make 'a test'") == true
        )
        let whole = try JSON(parsing: try #require(files["bundle.json"]))
        #expect(whole["durationsMs"]?["work"] == 300_000 && whole["approvals"]?.arrayValue?.count == 1)
        #expect(whole["evidence"]?["steps"] == 3 && whole["task"]?["id"] == "t")
    }

    @Test func `a diff in another encoding than UTF-8 stays what it is, in files and in JSON`() throws {
        let diff = Array("--- a/a\n+++ b/a\n+caf".utf8) + [0xE9, 0x0A]
        let bundle = EvidenceBundle(task: Self.bundle.task, approvals: [], evidence: nil, diff: diff)
        #expect(bundle.files.first { $0.name == "diff.patch" }?.bytes == diff)
        let text = try #require(bundle.json["diffBase64"]?.stringValue)
        #expect(Data(base64Encoded: text).map { [UInt8]($0) } == diff && bundle.json["diff"] == nil)
        #expect(EvidenceText.text(bundle, style: .plain).contains("+caf\u{FFFD}"))
    }
}
