import YggCore

/// A report, and what of it is compared with the base.
struct StepResult: Sendable, Hashable {
    var report: StepReport
    /// Of a step that runs tests.
    var names = TestNames()
    /// Of any other, and of tests that could not be built.
    var findings: [Findings.Finding] = []
    /// Nothing of the output is missing, so what it does not name was not run.
    var isWhole = true
    /// Tests that came out differently in two runs on the same tree.
    var flaky: Set<String> = []
    /// What only the run itself holds: the output that feedback is taken from.
    var output = ""

    var step: VerificationStep { report.step }

    /// Whether tests were run at all.
    var hasTests: Bool { (report.tests?.total ?? 0) > 0 || !names.ends.isEmpty }

    /// Whether it ended for want of a program, which shells and the like tell by these codes and in words. A command of
    /// somebody's own may mean anything by the codes.
    var lacksProgram: Bool {
        guard report.exitCode == 126 || report.exitCode == 127 else { return false }
        let said = output.isEmpty ? report.output : output
        return said.isEmpty
            || ["not found", "No such file", "ermission denied", "annot execute"].contains { said.contains($0) }
    }

    /// What failed, as often as it did.
    var failures: [String: Int] { report.failures.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
}

// MARK: - As it is kept

extension StepResult {
    /// Without the output: only the report's part of it, head and tail, is kept.
    var json: JSON {
        var object: JSONObject = [
            "goal": .string(step.goal.rawValue), "argv": .array(step.argv.map(JSON.string)),
            "failures": .array(report.failures.map(JSON.string)), "output": .string(report.output),
            "milliseconds": .int(Int64(report.duration / .milliseconds(1))), "isWhole": .bool(isWhole),
            "flaky": .array(flaky.sorted().map(JSON.string)),
            "notes": .array(report.notes.map(JSON.string)),
            "findings": .array(findings.map { [.string($0.name), .string($0.line)] }),
        ]
        object.append("directory", .optional(step.directory))
        object.append("exitCode", .optional(report.exitCode.map(Int64.init)))
        object.append("ended", .optional(report.ended))
        object.append("tests", report.tests.map { .object($0.json) })
        for end in [TestNames.End.passed, .skipped, .failed] {
            object.append(end.rawValue, .array(names.names(end).map(JSON.string)))
        }
        return .object(object)
    }

    /// - Returns: nil where that is not the result of this step.
    init?(_ json: JSON, of step: VerificationStep) {
        guard let object = json.objectValue, object["goal"]?.stringValue == step.goal.rawValue,
            Self.strings(object["argv"]) == step.argv, object["directory"]?.stringValue == step.directory,
            let failures = Self.strings(object["failures"]), let isWhole = object["isWhole"]?.boolValue
        else { return nil }
        var report = StepReport(
            step: step,
            exitCode: object["exitCode"]?.intValue.flatMap { Int32(exactly: $0) },
            ended: object["ended"]?.stringValue,
            failures: failures,
            output: object["output"]?.stringValue ?? "",
            duration: .milliseconds(object["milliseconds"]?.intValue ?? 0)
        )
        report.notes = Self.strings(object["notes"]) ?? []
        if let tests = object["tests"], let passed = tests["passed"]?.intValue, let failed = tests["failed"]?.intValue,
            let skipped = tests["skipped"]?.intValue
        {
            report.tests = TestSummary(passed: Int(passed), failed: Int(failed), skipped: Int(skipped))
        }
        self.init(report: report, isWhole: isWhole, flaky: Set(Self.strings(object["flaky"]) ?? []))
        for end in [TestNames.End.passed, .skipped, .failed] {
            for name in Self.strings(object[end.rawValue]) ?? [] { names.add(name, end) }
        }
        findings = (object["findings"]?.arrayValue ?? []).compactMap { pair in
            let parts = Self.strings(pair) ?? []
            return parts.count == 2 ? .init(name: parts[0], line: parts[1]) : nil
        }
    }

    private static func strings(_ json: JSON?) -> [String]? { json?.arrayValue?.compactMap(\.stringValue) }
}
