import FoundationEssentials
import Glibc
import YggAgent
import YggCore

/// What the harness of the coding agent costs beside its model: a scenario answers at once, and the check is `true`, so
/// all that is left is ours.
struct AgentWork {
    let context: BenchContext

    private static let files = 5_000
    private static let steps = 100
    /// Of a transcript of ten megabytes: steps, and the bytes of an answer and of a file that is read, in each of them.
    private static let longSteps = 490
    private static let longAnswer = 8 << 10
    private static let longFile = 12 << 10
    private static let sessions = 50
    private static let rounds = 10

    func run() throws {
        let directory = try context.directory.subdirectory("agent-repository")
        defer { context.directory.remove("agent-repository") }
        try makeRepository(directory)
        let (short, long) = ("\(directory)/short.yaml", "\(directory)/long.yaml")
        try context.write(Self.scenario(steps: Self.steps, answer: 1, folder: "d0"), to: short)
        try context.write(Self.scenario(steps: Self.longSteps, answer: Self.longAnswer, folder: "long"), to: long)
        try measureSteps("\(directory)/repo", short)
        try measureStarts("\(directory)/repo", short)
        try measureMemory("\(directory)/repo", long)
        try measureMany("\(directory)/repo", short)
        context.report.add(
            BenchMetric(
                "agent.reading",
                OllamaReadingSpeed.measure(megabytes: 64),
                unit: "MB/s",
                budget: .atLeast(50)
            )
        )
    }

    // MARK: - What is measured

    private func measureSteps(_ repository: String, _ scenario: String) throws {
        try fleet("agent-steps", repository, scenario) { fleet in
            let reader = try TaskReader(port: fleet.port, stop: context.stop)
            var steps = Samples()
            for _ in 0..<Self.rounds {
                let events = try events(of: finish(submit(repository, fleet), reader), reader)
                let asked = try events.filter { $0["data"]?["activity"] == "thinking" }.map { try Self.time(of: $0) }
                guard asked.count > Self.steps / 2 else {
                    throw CommandFailure("A session of the benchmark ended after \(asked.count) steps.")
                }
                // The last questions come after the edit, which is checked.
                let reading = asked.prefix(Self.steps)
                steps.add((reading[reading.count - 1] - reading[0]) * 1_000_000 / Int64(reading.count - 1))
            }
            context.report.add(
                BenchMetric(
                    "agent.step",
                    steps,
                    budget: .percentiles(p50: 5),
                    details: ["steps": .int(Int64(Self.steps))]
                )
            )
        }
    }

    /// As they follow each other in a household: a work tree lies ready, except for the first, and for those in the
    /// details.
    private func measureStarts(_ repository: String, _ scenario: String) throws {
        try fleet("agent-starts", repository, scenario) { fleet in
            let reader = try TaskReader(port: fleet.port, stop: context.stop)
            func start() throws -> Int64 {
                let events = try events(of: finish(submit(repository, fleet), reader), reader)
                let began = events.first { $0["type"] == "state" && $0["data"]?["state"] == "running" }
                let ready = events.first { $0["data"]?["activity"] == "preparing" }
                return try (Self.time(of: ready) - Self.time(of: began)) * 1_000_000
            }
            var (first, starts, unprepared) = (Samples(), Samples(), Samples())
            first.add(try start())
            for _ in 0..<Self.rounds {
                try fleet.waitForSpare(context.stop)
                starts.add(try start())
            }
            for _ in 0..<Self.rounds / 2 {
                for file in try fleet.waitForSpare(context.stop) { unlink(file) }
                unprepared.add(try start())
            }
            context.report.add(
                BenchMetric(
                    "agent.start",
                    starts,
                    budget: .percentiles(p50: 150),
                    details: [
                        "files": .int(Int64(Self.files)),
                        "firstMs": BenchNumber.json(first.milliseconds(atPercent: 50)),
                        "withoutSpareMs": BenchNumber.json(unprepared.milliseconds(atPercent: 50)),
                    ]
                )
            )
        }
    }

    /// The scenario lies in the executor's memory as well, from its start on; what a session adds is what counts.
    private func measureMemory(_ repository: String, _ scenario: String) throws {
        try fleet("agent-memory", repository, scenario) { fleet in
            guard let executor = fleet.executor else { return }
            let before = ProcessUsage.statusMiB("VmRSS", of: executor.pid)
            let reader = try TaskReader(port: fleet.port, stop: context.stop)
            // A context that forgets makes the scenario begin again, so this one ends at its limit.
            let task = try end(of: submit(repository, fleet, steps: Self.longSteps), reader)
            let steps = task["result"]?["steps"]?.intValue ?? 0
            guard steps >= Int64(Self.longSteps) else {
                throw CommandFailure("The long session of the benchmark ended after \(steps) steps: \(task.text)")
            }
            let peak = ProcessUsage.statusMiB("VmHWM", of: executor.pid)
            context.report.add(
                BenchMetric(
                    "agent.memory",
                    peak - before,
                    unit: "MiB",
                    budget: .atMost(60),
                    details: [
                        "beforeMiB": BenchNumber.json(before), "peakMiB": BenchNumber.json(peak),
                        "transcriptMB": BenchNumber.json(
                            Double(Self.longSteps * (Self.longAnswer + Self.longFile)) / 1_000_000
                        ),
                        "steps": .int(steps),
                    ]
                )
            )
        }
    }

    private func measureMany(_ repository: String, _ scenario: String) throws {
        try fleet("agent-many", repository, scenario, slots: Self.sessions) { fleet in
            let reader = try TaskReader(port: fleet.port, stop: context.stop)
            // The first one fills the mirror.
            _ = try finish(submit(repository, fleet), reader)
            let began = MonotonicTime.now
            let meter = fleet.meter()
            let ids = try (0..<Self.sessions).map { _ in try submit(repository, fleet) }
            var waiting = 0
            for id in ids where try finish(id, reader)["state"] == "awaitingApproval" { waiting += 1 }
            let seconds = MonotonicTime.seconds(since: began)
            context.report.add(
                BenchMetric(
                    "agent.sessions",
                    Double(waiting),
                    unit: "sessions",
                    budget: .atLeast(Double(Self.sessions)),
                    details: [
                        "seconds": BenchNumber.json(seconds),
                        "peakMiB": BenchNumber.json(
                            fleet.executor.map { ProcessUsage.statusMiB("VmHWM", of: $0.pid) } ?? 0
                        ),
                    ],
                    cpu: meter.used()
                )
            )
        }
    }

    // MARK: - How

    private func submit(_ repository: String, _ fleet: BenchFleet, steps: Int = steps) throws -> String {
        let request = LoadRequest.post(
            "/v1/tasks",
            [
                "kind": "code-refactor",
                "params": [
                    "repo": .string(repository), "instruction": "Change one file.", "test": ["true"],
                    "maxSteps": .int(Int64(steps + 5)),
                ],
            ]
        )
        let answer = try LoadConnection(port: fleet.port).exchange(request, context.stop)
        try answer.expect(201)
        guard let id = answer.taskID else { throw CommandFailure("An answer to a submission names no task.") }
        return id
    }

    /// Waits until nothing is done any more, whatever came of it.
    private func end(of id: String, _ reader: TaskReader) throws -> JSON {
        var task = try reader.task(id)
        while ["queued", "running"].contains(task["state"]?.stringValue ?? "") {
            task = try reader.get("/v1/tasks/\(id)?wait=30s&index=\(task["version"]?.intValue ?? 0)")
        }
        return task
    }

    /// Waits until a person would be asked.
    private func finish(_ id: String, _ reader: TaskReader) throws -> JSON {
        let task = try end(of: id, reader)
        guard task["state"] == "awaitingApproval" else {
            throw CommandFailure("A session of the benchmark did not come to its end: \(task.text)")
        }
        return task
    }

    private func events(of task: JSON, _ reader: TaskReader) throws -> [JSON] {
        var events: [JSON] = []
        while true {
            let after = events.last?["seq"]?.intValue ?? 0
            let path = "/v1/tasks/\(task["id"]?.stringValue ?? "")/events?limit=200&after=\(after)"
            let page = try reader.get(path)["items"]?.arrayValue ?? []
            if page.isEmpty { return events }
            events += page
        }
    }

    /// In milliseconds.
    private static func time(of event: JSON?) throws -> Int64 {
        guard let text = event?["at"]?.stringValue, let time = Timestamp(parsing: text) else {
            throw CommandFailure("The log of a session of the benchmark lacks an event.")
        }
        return time.milliseconds
    }

    private func fleet(
        _ name: String,
        _ repository: String,
        _ scenario: String,
        slots: Int = BenchFleet.slots,
        _ body: (BenchFleet) throws -> Void
    ) throws {
        let models = "models: {default: bench/bench, providers: {bench: {type: scripted, file: \(scenario)}}}\n"
        try BenchFleet.with(context, name, slots: slots, repositories: [repository], settings: models, body)
    }

    /// Reads a file at each step, changes one, and is done. Tokens are not what is measured, so few are said to be used.
    private static func scenario(steps: Int, answer: Int, folder: String) -> String {
        let text = String(repeating: "word ", count: max(1, answer / 5))
        var lines = [
            "name: bench", "model: {name: bench, context: 32768, capabilities: [completion, tools]}", "turns:",
        ]
        for step in 0..<steps {
            lines.append("  - text: \"\(text)\"")
            lines.append("    usage: {prompt: 1, output: 1}")
            lines.append("    calls: [{name: read_file, arguments: {path: \(folder)/f\(step * 50).txt}}]")
        }
        lines.append("  - calls: [{name: write_file, arguments: {path: d0/f0.txt, content: \"changed\\n\"}}]")
        for _ in 0..<3 { lines.append("  - calls: [{name: finish, arguments: {summary: \"Changed one file.\"}}]") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func makeRepository(_ directory: String) throws {
        let script = """
            set -e; mkdir repo; cd repo; git init -q -b main
            for d in $(seq 0 49); do mkdir "d$d"; done
            i=0; while [ $i -lt \(Self.files) ]; do echo "line of file $i" > "d$((i % 50))/f$i.txt"; i=$((i + 1)); done
            mkdir long; line=$(printf 'word %.0s' $(seq 16))
            for i in $(seq \(Self.longFile / 81)); do echo "$line"; done > long/f0.txt
            for i in $(seq 1 \(Self.longSteps)); do cp long/f0.txt "long/f$((i * 50)).txt"; done
            git add -A; git -c user.name=bench -c user.email=bench@localhost commit -q -m files
            """
        let program = "cd '\(directory)'; \(script)"
        let pid = try OwnProgram.spawn("/bin/sh", ["sh", "-c", program], outputPath: "\(directory)/git.out")
        var status: Int32 = 0
        guard waitpid(pid, &status, 0) == pid, status == 0 else {
            throw CommandFailure("The repository of the benchmark could not be made; see \(directory)/git.out.err.")
        }
    }
}

extension BenchFleet {
    /// Waits until the executor has made a work tree for the next session.
    /// - Returns: the files that say so.
    @discardableResult
    fileprivate func waitForSpare(_ stop: StopFlag) throws -> [String] {
        let deadline = MonotonicTime.now + MonotonicTime.nanoseconds(60)
        let spares = "\(workspace)/spares"
        while MonotonicTime.now < deadline {
            let mirrors = (try? FileManager.default.contentsOfDirectory(atPath: spares)) ?? []
            let ready = mirrors.map { "\(spares)/\($0)/ready" }.filter(FileManager.default.fileExists)
            if !ready.isEmpty { return ready }
            try stop.sleep(seconds: 0.02)
        }
        throw CommandFailure("The executor of the benchmark made no work tree in a minute.")
    }
}
