import Testing
import YggAgent
import YggCore

@testable import YggExecutor

struct SessionEvidenceTests {
    private static let test = VerificationStep(.test, ["pytest"])

    private static func called(_ id: String, _ text: String, argv: [String]?) -> AgentLoop.Input {
        var record = ToolRecord()
        record.argv = argv
        record.exitCode = 1
        return .called(id: id, ToolResult(text, record: record))
    }

    private static func evidence(_ inputs: AgentLoop.Input...) -> SessionEvidence {
        SessionEvidence(records: inputs.map { SessionRecord(at: .zero, $0) })
    }

    @Test func `commands of the model and of the harness are in it, with what they said`() {
        let long = "first\n" + String(repeating: "x", count: 100_000) + "\nlast"
        let before = StepReport(step: Self.test, exitCode: 1, failures: ["test_add", "test_old"], output: long)
        let after = StepReport(step: Self.test, exitCode: 1, failures: ["test_old"], output: "1 failed")
        let evidence = Self.evidence(
            .baseChecked([before]),
            Self.called("1", "a file", argv: nil),
            Self.called("2", long, argv: ["pytest", "-x"]),
            .verified(Verdict(worth: .broken, newFailures: 2, steps: [before])),
            .verified(Verdict(worth: .verified, steps: [after]))
        )
        #expect(evidence.commands.map { $0["argv"] } == [["pytest", "-x"]])
        let outputs = [evidence.commands[0]["output"], SessionEvidence.shown(evidence.base[0])["output"]]
        for output in outputs.map({ $0?.stringValue ?? "" }) {
            #expect(output.hasPrefix("first\n") && output.hasSuffix("\nlast") && output.utf8.count < 5000)
        }
        #expect(evidence.verifications.map { $0["worth"] } == ["broken", "verified"])
        #expect(evidence.verifications.map { $0["newFailures"] } == [2, 0])
        #expect(evidence.verifications[1]["checks"]?.arrayValue?.first?["output"] == "1 failed")
        #expect(
            evidence.failures(after: [after]) == ["before": ["test_add", "test_old"], "after": ["test_old"]]
        )
    }

    @Test func `of a base that could not be checked the commands are there, too`() {
        let broken = StepReport(step: VerificationStep(.build, ["make"]), exitCode: 2, output: "no rule")
        let evidence = Self.evidence(.baseFailed(BaseFailure(code: "base-broken", detail: "", steps: [broken])))
        #expect(evidence.base == [broken] && evidence.commands.isEmpty)
        #expect(evidence.failures(after: []) == ["before": ["make"], "after": []])
    }
}
