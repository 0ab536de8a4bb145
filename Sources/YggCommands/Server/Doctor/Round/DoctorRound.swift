import YggAgent
import YggClient
import YggConfiguration
import YggCore

/// The round that ends `ygg doctor`: what a household does all day, done once for real. A task of each prefix goes through
/// the queue, a repository is cloned, something is approved and lands in it, and the default model is asked.
///
/// What it made is removed in the end. The tasks themselves stay in the coordinator's history, as every task does.
struct DoctorRound: Sendable {
    private let patient: Patient
    private let desk: ProbeDesk
    private let tell: @Sendable (String, DoctorFinding) -> Void
    private let begin: @Sendable (String) -> Void

    /// - Parameters:
    ///   - limit: of all of it.
    ///   - begin: is told what is done next.
    ///   - tell: gets every finding as it is made.
    init(
        _ patient: Patient,
        limit: Milliseconds,
        begin: @escaping @Sendable (String) -> Void,
        tell: @escaping @Sendable (String, DoctorFinding) -> Void
    ) {
        self.patient = patient
        desk = ProbeDesk(client: patient.client, deadline: .now + limit.duration)
        self.begin = begin
        self.tell = tell
    }

    /// - Throws: `CancellationError`; everything that was made is removed then, too.
    func run() async throws {
        let members = try await members()
        guard !members.isEmpty else {
            tell("round", .skip("There is nobody to do anything.", next: "Start an executor that runs, then again."))
            return
        }
        var ground = ScratchGround(environment: patient.environment)
        do {
            try await clone(members, &ground)
            try await probePrefixes(members, ground)
            try await approve(ground)
            try await askModel(members)
        } catch {
            _ = ground.remove()
            throw error
        }
        let left = ground.remove()
        guard !left.isEmpty else { return }
        tell(
            "clean-up",
            .warn(
                "\(left.joined(separator: ", ")) could not be removed.",
                next: "Remove it as the user of the executor: rm -r \(left.joined(separator: " "))"
            )
        )
    }

    // MARK: - Who is there

    /// An executor that runs.
    private struct Member: Sendable {
        let id: String
        let kinds: Set<String>
        let isHere: Bool
    }

    /// Those that say of themselves that they are on this machine first.
    private func members() async throws -> [Member] {
        let executors: [JSONObject]
        do { executors = try await patient.client.executors() } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The checks before have said it.
            return []
        }
        let all = executors.filter { $0["state"] == "running" }.map { executor in
            Member(
                id: executor["id"]?.stringValue ?? "",
                kinds: Set((executor["kinds"]?.arrayValue ?? []).compactMap(\.stringValue)),
                isHere: executor["url"]?.stringValue.map(LocalAddress.isLoopback) ?? false
            )
        }
        return all.filter(\.isHere) + all.filter { !$0.isHere }
    }

    // MARK: - A clone

    /// Has a repository of this machine cloned by whoever can see it. Who that is does the other work in it, too.
    private func clone(_ members: [Member], _ ground: inout ScratchGround) async throws {
        begin("clones a small repository")
        let cloners = members.filter { $0.kinds.contains("git-clone") }
        guard !cloners.isEmpty else {
            ground.lack = "No executor that runs offers git-clone."
            return tell("clone", .skip("No executor that runs offers git-clone."))
        }
        var last: ProbeFailure?
        for place in ScratchRepository.places(patient.settings) {
            do {
                let repository = try await ground.make(in: place)
                for cloner in cloners {
                    do {
                        let probe = Probe(kind: "git-clone", params: ["repo": .string(repository)], executor: cloner.id)
                        let task = try await desk.run(probe)
                        ground.noteMirror(task)
                        ground.executor = cloner.id
                        ground.kinds = cloner.kinds
                        let summary = task.result?["summary"]?.stringValue ?? task.stateText
                        return tell("clone", .pass("\(cloner.id): \(summary)").by("git-clone", task.id))
                    } catch let failure as ProbeFailure where failure.code == "unreachable-repo" {
                        last = failure
                    }
                }
            } catch let failure as ProbeFailure {
                ground.lack = "The clone before did not come out."
                return tell("clone", .fail(failure.detail, next: failure.next).by("git-clone", failure.task))
            } catch let failure as CommandFailure {
                last = ProbeFailure(describing: failure)
            }
        }
        ground.lack = "No executor sees the files that ygg doctor makes here."
        let names = cloners.map(\.id).joined(separator: ", ")
        tell(
            "clone",
            .warn(
                "Not tried: none of \(names) sees what is made here. \(last?.detail ?? "")",
                next: "Run ygg doctor on the machine of one of them, as the user of its executor (in its container)."
            )
            .by("git-clone", last?.task)
        )
    }

    // MARK: - A task of each prefix

    private func probePrefixes(_ members: [Member], _ ground: ScratchGround) async throws {
        let kinds = members.reduce(into: Set<String>()) { $0.formUnion($1.kinds) }
        let prefixes = Dictionary(grouping: kinds) { TaskKind(trusted: $0).prefix }
        begin("tries \(prefixes.keys.sorted().joined(separator: ", "))")
        let findings = try await withThrowingTaskGroup(of: (String, DoctorFinding).self) { group in
            // The model is asked by itself, in the end.
            for (prefix, kinds) in prefixes where prefix != ProbeChoice.modelPrefix {
                group.addTask { (prefix, try await probe(prefix, Set(kinds), ground)) }
            }
            var findings: [(String, DoctorFinding)] = []
            for try await finding in group { findings.append(finding) }
            return findings
        }
        for (prefix, finding) in findings.sorted(by: { $0.0 < $1.0 }) { tell("probe \(prefix)", finding) }
    }

    private func probe(_ prefix: String, _ kinds: Set<String>, _ ground: ScratchGround) async throws -> DoctorFinding {
        guard let choice = ProbeChoice.of(kinds) else {
            let some = kinds.sorted().prefix(3).joined(separator: ", ")
            return .skip(
                "No kind of \(prefix) is known to be harmless (\(some)).",
                next: "Try one that you know: ygg task submit \(kinds.sorted().first ?? "KIND") --wait"
            )
        }
        var probe = Probe(kind: choice.kind, params: choice.params)
        if choice.needsRepository {
            guard let repository = ground.path, let executor = ground.executor else {
                return .skip("\(choice.kind) needs a repository. \(ground.lack)").by(choice.kind)
            }
            guard ground.kinds.contains(choice.kind) else {
                return .skip("\(executor), which sees the repository made here, does not offer it.").by(choice.kind)
            }
            probe.params.append("repo", .string(repository))
            probe.executor = executor
        }
        if choice.asksModel { probe.runLimit = .minutes(3) }
        do {
            let task = try await desk.run(probe)
            return .pass("\(choice.kind) \(words(task))").by(choice.kind, task.id)
        } catch let failure as ProbeFailure {
            let detail = "\(choice.kind): \(failure.detail)"
            let isWanted = !choice.asksModel || needsModel
            let finding: DoctorFinding =
                isWanted ? .fail(detail, next: failure.next) : .warn(detail, next: failure.next)
            return finding.by(choice.kind, failure.task)
        }
    }

    private func words(_ task: TaskView) -> String {
        if task.state == .awaitingApproval { return "ran; a rule here asks a person about it, so it was taken back" }
        let place = task.executor.map { " on \($0)" } ?? ""
        let time = task.createdAt.flatMap { from in task.finishedAt.map { SpanText.exact($0 - from) } } ?? ""
        let summary = task.result?["summary"]?.stringValue.map { ": \($0)" } ?? ""
        return "done\(place), \(time) after it was submitted\(summary)"
    }

    /// Who named no model, or has a scenario played in the place of one, may do without its answers.
    private var needsModel: Bool {
        let isScripted = (try? patient.defaultModel().identity.isScripted) ?? false
        return patient.settings.namesModels && !isScripted
    }

    // MARK: - An approval

    /// Work that waits for a person is approved, lands, and is looked for with git.
    private func approve(_ ground: ScratchGround) async throws {
        begin("approves a commit and looks for it")
        let name = "approval"
        let kind = "git-commit"
        guard let scratch = ground.repository, let executor = ground.executor else {
            return tell(name, .skip("It needs a repository. \(ground.lack)").by(kind))
        }
        guard ground.kinds.contains(kind) else {
            return tell(name, .skip("\(executor) offers no \(kind).").by(kind))
        }
        let line = String(UInt64.random(in: .min ... .max), radix: 36)
        let params: JSONObject = [
            "repo": .string(scratch.path), "target": .string(ScratchRepository.branch),
            "message": "Add what ygg doctor looks for", "patch": .string(ScratchRepository.patch(line)),
        ]
        let probe = Probe(kind: kind, params: params, executor: executor, asks: true)
        do {
            let asked = try await desk.run(probe)
            guard asked.state == .awaitingApproval else {
                throw ProbeFailure(
                    "It landed without asking anybody, although a review was asked for.",
                    next: "See who lowers tiers here: ygg config show, tierRules",
                    task: asked.id
                )
            }
            let task = try await desk.approve(asked, probe)
            let landed: (commit: String, line: String, parents: String, approval: String)
            do throws(CommandFailure) { landed = try await scratch.landed() } catch {
                throw ProbeFailure(describing: error, task: task.id)
            }
            guard landed.line == line, landed.parents == scratch.base, !landed.approval.isEmpty,
                landed.commit == task.result?["commit"]?.stringValue
            else {
                throw ProbeFailure(
                    "\(task.id) says that it has landed, and git finds something else on \(ScratchRepository.branch).",
                    next: "Please report it, with: ygg task evidence \(task.id)",
                    task: task.id
                )
            }
            tell(
                name,
                .pass("\(executor) landed what was approved as \(landed.commit.prefix(12)), and git agrees")
                    .by(kind, task.id)
            )
        } catch let failure as ProbeFailure {
            let isForbidden = failure.code == "forbidden"
            let finding: DoctorFinding =
                isForbidden
                ? .warn("Not tried: \(failure.detail)", next: "Run it with an operator's token: ygg login URL")
                : .fail(failure.detail, next: failure.next)
            tell(name, finding.by(kind, failure.task))
        }
    }

    // MARK: - The model

    private func askModel(_ members: [Member]) async throws {
        let kind = "llm-prompt"
        guard members.contains(where: { $0.kinds.contains(kind) }) else {
            return tell("model", .skip("No executor that runs offers \(kind).").by(kind))
        }
        begin("asks the default model")
        var probe = Probe(kind: kind, params: ["prompt": "Answer with one word: yes.", "maxTokens": 16])
        // One that has to be loaded first takes its time; the round has an end of its own.
        probe.runLimit = .minutes(10)
        do {
            let task = try await desk.run(probe)
            tell("model", .pass(ModelAnswer.words(task)).by(kind, task.id))
        } catch let failure as ProbeFailure {
            let finding: DoctorFinding =
                needsModel
                ? .fail(failure.detail, next: failure.next) : .warn(failure.detail, next: failure.next)
            tell("model", finding.by(kind, failure.task))
        }
    }
}

/// What the call of a model says of it.
private enum ModelAnswer {
    static func words(_ task: TaskView) -> String {
        let result = task.result ?? JSONObject()
        let model = result["model"]?.stringValue ?? "the default model"
        if result["scripted"]?.boolValue == true { return "\(model): a scenario answered in the place of a model" }
        var words = ["\(model) answers"]
        if let executor = task.executor { words[0] += " through \(executor)" }
        if let speed = result["tokensPerSecond"]?.numberValue { words.append("\(speed) tokens/s") }
        if let load = result["loadMs"]?.intValue, load > 0 {
            words.append("\(SpanText.exact(Milliseconds(load))) to load it")
        }
        if let from = task.startedAt, let to = task.finishedAt { words.append("\(SpanText.exact(to - from)) in all") }
        return words.joined(separator: ", ")
    }
}
