import FoundationEssentials
import Testing
import YggCore
import YggProcess

@testable import YggCommands

/// The exercises of `ygg eval`, and what is said of them.
@Suite(.timeLimit(.minutes(2)))
struct EvalTests {
    @Test func `there are twenty, each with a name of its own`() {
        #expect(Exercise.all.count == 20)
        #expect(Set(Exercise.all.map(\.name)).count == 20)
        for sort in [Exercise.Sort.edit, .fix, .lint] {
            #expect(Exercise.all.count { $0.sort == sort } >= 4)
        }
    }

    @Test(arguments: Exercise.all.map(\.name))
    func `nothing is solved before it is done`(name: String) async throws {
        let exercise = try #require(Exercise.all.first { $0.name == name })
        let environment = cleanEnvironment(from: ProcessContext.environment)
        let tool = await collectProcess(
            ProcessSpec(argv: [exercise.tool, "-c", "exit 0"], environment: environment)
        )
        if case .notStarted = tool.outcome.ending { return }
        let directory =
            "\(ProcessContext.variable("TMPDIR") ?? "/tmp")/ygg-exercise-\(UInt64.random(in: .min ... .max))"
        try makeDirectories(directory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for file in exercise.files {
            try file.text.write(toFile: "\(directory)/\(file.path)", atomically: true, encoding: .utf8)
        }
        let spec = ProcessSpec(
            argv: exercise.check,
            environment: environment,
            workingDirectory: directory,
            runTimeout: .seconds(60)
        )
        let checked = await collectProcess(spec)
        #expect(!checked.outcome.succeeded)
        // It fails because of what is to be done, not because it cannot be read.
        #expect(!(checked.stdout + checked.stderr).contains("SyntaxError"), "\(checked.stderr)")
    }

    @Test func `what checks an exercise changes nothing but its repository, and sees no keys`() async throws {
        guard await YggProcess.Isolation.here.parts.contains(.workspaces) else { return }
        let parent = "\(ProcessContext.variable("TMPDIR") ?? "/tmp")/ygg-exercise-\(UInt64.random(in: .min ... .max))"
        let repository = "\(parent)/work/add"
        for directory in [repository, "\(parent)/home", "\(parent)/keys"] { try makeDirectories(directory) }
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try "secret".write(toFile: "\(parent)/keys/admin.token", atomically: true, encoding: .utf8)
        let check = ExerciseCheck(
            directory: "\(parent)/work",
            hidden: ["\(parent)/keys"],
            environment: ProcessContext.environment.merging(["HOME": "\(parent)/home"]) { $1 }
        )
        let script = """
            echo mine > mine && echo own > "$HOME/own" && echo own > "$TMPDIR/own" || exit 1
            for place in "$1/home/.bashrc" "$1/work/other" "$1/stolen" /tmp/ygg-stolen /dev/shm/ygg-stolen; do
                { echo stolen > "$place"; } 2>/dev/null
            done
            ! cat "$1/keys/admin.token" 2>/dev/null
            """
        #expect(try await check.passes(["sh", "-c", script, "sh", parent], in: repository))
        for place in ["\(parent)/home/.bashrc", "\(parent)/work/other", "\(parent)/stolen", "/tmp/ygg-stolen"] {
            #expect(!FileManager.default.fileExists(atPath: place), "\(place)")
        }
        #expect(!FileManager.default.fileExists(atPath: "/dev/shm/ygg-stolen"))
        #expect(FileManager.default.fileExists(atPath: "\(repository)/mine"))
        #expect(!(try await check.passes(["sh", "-c", "exit 3"], in: repository)))
    }

    @Test func `the report counts what was tried and says when nobody thought`() {
        var report = EvalReport(model: "demo/demo", isScripted: true)
        report.results = [
            .init(
                name: "a",
                sort: .fix,
                ending: .solved,
                steps: 3,
                tokens: 900,
                rate: 12.34,
                duration: .seconds(90)
            ),
            .init(
                name: "b",
                sort: .lint,
                ending: .unsolved(cause: "stuck", detail: "It goes round."),
                steps: 9,
                tokens: 100
            ),
            .init(name: "c", sort: .edit, ending: .skipped("node is not installed")),
        ]
        #expect(
            report.line == "1 of 2 solved by demo/demo in 1.5 minutes with 1000 tokens, 1 skipped. "
                + "A scenario was played in the place of a model: this says nothing about one"
        )
        let text = report.table.rendered(width: nil, style: .plain)
        #expect(
            text.contains("12.3") && text.contains("stuck: It goes round.")
                && text.contains("node is not installed")
        )
        #expect(
            report.json["solved"] == 1 && report.json["tried"] == 2 && report.json["scripted"] == true
        )
    }
}
