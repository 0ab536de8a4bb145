package import YggCore
import YggProcess

/// What a work tree is checked with, and what a person should know of that.
package struct VerificationPlan: Sendable, Hashable {
    /// In the order in which they are run: format, build, lint, types, test.
    package var steps: [VerificationStep]
    /// What was left out, and why, in whole sentences.
    package var notes: [String]
    /// What has to be among what was checked before anything counts as verified.
    package var proof: VerificationStep.Goal?
    /// Why there is no proof; nil where there is a step for it.
    package var lack: String?

    /// - Parameter proof: nil where nothing has to be proved.
    package init(steps: [VerificationStep], notes: [String] = [], proof: VerificationStep.Goal? = .test) {
        self.steps = steps
        self.notes = notes
        self.proof = proof
        lack = proof.flatMap { proof in steps.contains { $0.goal == proof } ? nil : Self.lack(of: proof) }
    }

    private static func lack(of proof: VerificationStep.Goal) -> String {
        switch proof {
        case .test:
            "No tests were found, so nothing says that this works. Name a command with the parameter test, or ask for tests first."
        case .lint:
            "No linter was found, so nothing says that this is clean. Name a command with the parameter lint."
        case .format, .build, .types:
            "Nothing was found to check \(proof.rawValue) with, so this is unverified."
        }
    }

    /// Finds out what a workspace can be checked with.
    /// - Parameters:
    ///   - given: commands that the task names. They take the place of what would be found for their goals.
    ///   - goals: what is checked; nil for all.
    ///   - proof: see ``proof``.
    package static func find(
        _ setting: Toolbox.Setting,
        given: [(goal: VerificationStep.Goal, argv: [String])] = [],
        goals: Set<VerificationStep.Goal>? = nil,
        proof: VerificationStep.Goal? = .test
    ) async -> VerificationPlan {
        var finder = Finder(runner: CommandRunner(setting), root: setting.root)
        let givenGoals = Set(given.map(\.goal))
        var steps = given.map { goal, argv in
            var step = VerificationStep(goal, argv)
            step.isGiven = true
            return step
        }
        for (directory, types) in finder.projects() {
            for type in types {
                for (goal, candidates) in type.steps where !givenGoals.contains(goal) {
                    // A Makefile beside another project calls that one's tools as a rule.
                    if type.name == "Make", steps.contains(where: { $0.goal == goal }) { continue }
                    if let step = await finder.step(goal, candidates, in: directory) { steps.append(step) }
                }
            }
        }
        let order = VerificationStep.Goal.allCases
        let wanted = steps.filter { goals?.contains($0.goal) ?? true || $0.goal == proof }.enumerated()
            .sorted { left, right in
                let places = [left, right].map { order.firstIndex(of: $0.element.goal) ?? 0 }
                return places[0] == places[1] ? left.offset < right.offset : places[0] < places[1]
            }
        return VerificationPlan(steps: wanted.map(\.element), notes: finder.notes, proof: proof)
    }
}

extension VerificationPlan {
    /// What a kind of work is checked with.
    /// - Parameters:
    ///   - test: the command that the task names for its tests.
    ///   - lint: the one that it names for its linter.
    package static func find(
        _ setting: Toolbox.Setting,
        for verification: CodeKind.Verification,
        test: [String]? = nil,
        lint: [String]? = nil
    ) async -> VerificationPlan {
        let given = [(VerificationStep.Goal.test, test), (.lint, lint)].compactMap { goal, argv in
            argv.flatMap { $0.isEmpty ? nil : (goal: goal, argv: $0) }
        }
        switch verification {
        case .test: return await find(setting, given: given)
        case .lint: return await find(setting, given: given, proof: .lint)
        case .format: return await find(setting, given: given, proof: .format)
        case .checker: return await find(setting, given: given, proof: nil)
        case .none: return VerificationPlan(steps: [], proof: nil)
        }
    }
}

private struct Finder {
    let runner: CommandRunner
    let root: String
    var notes: [String] = []
    private var probed: [[String]: Bool] = [:]

    init(runner: CommandRunner, root: String) {
        self.runner = runner
        self.root = root
    }

    /// The top, or where it is no project, what lies directly below it and is one; each with all that it is. nil stands for
    /// the top.
    func projects() -> [(directory: String?, types: [ProjectType])] {
        let project = { (directory: String?) in
            (directory: directory, types: ProjectType.all.filter { speaks(for: $0, in: directory) })
        }
        let top = project(nil)
        if !top.types.isEmpty { return [top] }
        let below = HostFile.names(in: root).filter { !$0.hasPrefix(".") && HostFile.isDirectory("\(root)/\($0)") }
        return below.prefix(50).map { project($0) }.filter { !$0.types.isEmpty }
    }

    private func speaks(for type: ProjectType, in directory: String?) -> Bool {
        let files = files(directory)
        if type.marks.contains(where: files.has) { return true }
        // Scripts without anything around them.
        guard directory == nil else { return false }
        let names = HostFile.names(in: root)
        switch type.name {
        case "Python": return files.hasFile(depth: 2) { $0.hasSuffix(".py") }
        case "JavaScript": return names.contains { $0.hasSuffix(".js") || $0.hasSuffix(".mjs") }
        default: return false
        }
    }

    private func files(_ directory: String?) -> ProjectFiles {
        ProjectFiles(directory: directory.map { "\(root)/\($0)" } ?? root)
    }

    mutating func step(
        _ goal: VerificationStep.Goal,
        _ candidates: [ProjectType.Candidate],
        in directory: String?
    ) async -> VerificationStep? {
        let files = files(directory)
        for candidate in candidates where candidate.condition.holds(files) {
            guard await isHere(candidate, files.directory) else {
                // Found out when it is its turn: a step before it may bring it.
                if candidate.argv[0].hasPrefix("node_modules/"), files.hasPackages {
                    return make(goal, candidate, directory)
                }
                // Only what the project itself asks for is missed.
                switch candidate.condition {
                case .always, .tests: continue
                case .file, .says, .script, .packages, .makeTarget: break
                }
                notes.append("\(candidate.argv[0]) is not installed here: \(goal.rawValue) was not checked with it.")
                continue
            }
            return make(goal, candidate, directory)
        }
        return nil
    }

    private func make(
        _ goal: VerificationStep.Goal,
        _ candidate: ProjectType.Candidate,
        _ directory: String?
    ) -> VerificationStep {
        var step = VerificationStep(goal, candidate.argv, directory: directory)
        step.repair = candidate.repair
        step.unlessThere = candidate.unlessThere
        return step
    }

    private mutating func isHere(_ candidate: ProjectType.Candidate, _ directory: String) async -> Bool {
        guard runner.has(candidate.argv[0], in: directory) else { return false }
        guard let probe = candidate.probe else { return true }
        if let known = probed[probe] { return known }
        let spec = runner.spec(probe, in: directory, time: .seconds(30))
        let answer = await runner.run(spec, limit: 1 << 10).outcome.succeeded
        probed[probe] = answer
        return answer
    }
}
