import FoundationEssentials
import Glibc
import YggCore

/// What it costs to look after a tracker in which nothing changes: five thousand open issues, none of them ours; and as many
/// that are, and that no executor can take.
///
/// A script that prints a file stands for `bd`; its own time is not counted, because a real one's is the household's.
struct TrackerCost {
    let context: BenchContext

    private static let issues = 5000

    func run() throws {
        try look("tracker.idle", metadata: [:], budget: 20)
        try look("tracker.untakable", metadata: ["dispatch.kind": "ops-unheard"], budget: 40)
    }

    /// - Parameter metadata: of every issue.
    private func look(_ name: String, metadata: JSONObject, budget: Double) throws {
        let directory = try context.directory.subdirectory("tracker-issues")
        defer { context.directory.remove("tracker-issues") }
        let calls = "\(directory)/calls"
        let issues = (0..<Self.issues).map { index -> JSON in
            [
                "id": .string("hh-\(index)"), "title": .string("Surtr: Deploy container registry \(index)"),
                "description": .string(String(repeating: "What is to be done about it. ", count: 6)),
                "status": "open", "priority": 2, "metadata": .object(metadata), "issue_type": "task",
                "labels": ["infrastructure", "registry"],
                "created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z", "dependency_count": 0,
            ]
        }
        try context.write(JSON.array(issues).prettyText, to: "\(directory)/issues.json")
        let script = """
            #!/bin/sh
            printf x >> \(calls)
            case $1 in
                version) echo '{"version": "1.0.5"}' ;;
                ready) exec cat \(directory)/issues.json ;;
                list) echo '[]' ;;
                *) exit 1 ;;
            esac

            """
        try context.write(script, to: "\(directory)/bd")
        chmod("\(directory)/bd", 0o700)
        let settings = "tracker: {command: \(directory)/bd, interval: 1s, workspaces: [{path: \(directory)}]}\n"
        try BenchFleet.with(context, "tracker", executor: false, settings: settings) { fleet in
            // The first look reads all of them.
            try context.stop.sleep(seconds: 5)
            let (before, meter) = (size(of: calls), fleet.meter())
            try context.stop.sleep(seconds: context.seconds)
            let (cpu, count) = (meter.used(), size(of: calls) - before)
            guard count > 0, let spent = cpu.coordinator else {
                throw CommandFailure("The coordinator of the benchmark has not looked at its tracker.")
            }
            context.report.add(
                BenchMetric(
                    name,
                    spent * 1000 / Double(count),
                    unit: "ms CPU",
                    budget: .atMost(budget),
                    details: ["issues": .int(Int64(Self.issues)), "calls": .int(Int64(count))],
                    cpu: cpu
                )
            )
        }
    }

    /// In bytes, one for each call.
    private func size(of path: String) -> Int { FileManager.default.contents(atPath: path)?.count ?? 0 }
}
