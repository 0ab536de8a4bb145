import YggAgent
import YggCore
import YggProcess

/// What of a session belongs into its evidence: every command that the model had run and that the harness ran, with its end
/// and what it said, and what failed before the work.
///
/// It is that of the whole session, whichever attempts it was worked on in.
struct SessionEvidence: Sendable {
    private let records: [SessionRecord]

    private static let mostCommands = 500
    private static let mostVerifications = 50
    /// Of what one command said, its beginning and its end.
    private static let outputBytes = 4 << 10

    init(file: String) async { records = (try? await SessionFile.read(file))?.records ?? [] }

    init(records: [SessionRecord]) { self.records = records }

    /// The commands of the model, in order.
    var commands: [JSON] {
        let commands = records.compactMap { record -> JSON? in
            guard case .called(_, let result) = record.input, result.record.argv != nil,
                var object = result.record.json.objectValue
            else { return nil }
            object.append("output", .string(Self.trimmed(result.text)))
            return .object(object)
        }
        return Array(commands.prefix(Self.mostCommands))
    }

    /// What the harness made of every state that it checked, the last ones of many.
    var verifications: [JSON] {
        let all = records.compactMap { record -> JSON? in
            guard case .verified(let verdict) = record.input else { return nil }
            return [
                "worth": .string(verdict.worth.word), "newFailures": .int(Int64(verdict.newFailures)),
                "checks": .array(verdict.steps.map(Self.shown)),
            ]
        }
        return Array(all.suffix(Self.mostVerifications))
    }

    /// The checks of the untouched base.
    var base: [StepReport] {
        for record in records.reversed() {
            switch record.input {
            case .baseChecked(let steps): return steps
            case .baseFailed(let failure): return failure.steps
            default: continue
            }
        }
        return []
    }

    /// What failed before the work, and what fails after it, by the names that the checks give; by the command where they
    /// give none.
    /// - Parameter after: the checks of what became of it.
    func failures(after: [StepReport]) -> JSON {
        let names = { (steps: [StepReport]) in
            let all = steps.flatMap { $0.failures.isEmpty && !$0.passed ? [$0.step.line] : $0.failures }
            return JSON.array(all.map(JSON.string))
        }
        return ["before": names(base), "after": names(after)]
    }

    /// A check as it is shown: without the middle of what it said.
    static func shown(_ report: StepReport) -> JSON {
        var report = report
        report.output = trimmed(report.output)
        return report.json
    }

    private static func trimmed(_ output: String) -> String {
        var buffer = HeadTailBuffer(head: outputBytes / 2, tail: outputBytes / 2)
        buffer.append(Array(output.utf8)[...])
        return buffer.text
    }
}

extension Verdict.Worth {
    fileprivate var word: String {
        switch self {
        case .verified: "verified"
        case .unverified: "unverified"
        case .broken: "broken"
        }
    }
}
