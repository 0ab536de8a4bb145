import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// `ygg eval` as a person runs it, with a scenario in the place of a model.
@Suite(.timeLimit(.minutes(5)))
struct EvalCommandTests {
    private static let scenario = """
        name: pupil
        model: {name: pupil, context: 32768, capabilities: [completion, tools]}
        turns:
          - {step: 1, contains: "add() returns the wrong number", calls: [{name: read_file, arguments: {path: add.py}}]}
          - step: 2
            contains: "def add(a, b)"
            calls: [{name: edit_file, arguments: {path: add.py, old_text: "return a - b", new_text: "return a + b"}}]
          - {step: 1, contains: "greet()", calls: [{name: finish, arguments: {summary: "It is done."}}]}
          - {step: 2, calls: [{name: finish, arguments: {summary: "It is done."}}]}
          - {step: 3, calls: [{name: finish, arguments: {summary: "It is done."}}]}
          - {step: 4, calls: [{name: finish, arguments: {summary: "It is done."}}]}

        """

    @Test func `what lands and passes its check is solved, and whoever only says so has not`() async throws {
        let scratch = try ScratchDirectory()
        let directory = scratch.path
        try Self.scenario.write(toFile: "\(directory)/pupil.yaml", atomically: true, encoding: .utf8)
        try """
        models: {default: pupil/pupil, providers: {pupil: {type: scripted, file: \(directory)/pupil.yaml}}}
        executor: {repositories: [/srv/repositories]}

        """.write(toFile: "\(directory)/yggdrasil.yaml", atomically: true, encoding: .utf8)
        let eval = await tool(
            RunningYgg.binary,
            "eval",
            "--config",
            "\(directory)/yggdrasil.yaml",
            "--only",
            "2",
            "--json",
            environment: ["TMPDIR": directory]
        )
        #expect(eval.outcome.succeeded, "\(eval.stderr)")
        let report = try JSON(parsing: eval.stdout)
        let items = report["items"]?.arrayValue ?? []
        #expect(items.map { $0["solved"] } == [true, false], "\(eval.stdout)")
        #expect(items.last?["cause"] == "no-change" && report["scripted"] == true && report["tried"] == 2)
        // Nothing is left of what it made.
        let left = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        #expect(left == ["pupil.yaml", "yggdrasil.yaml"])
    }

    @Test func `a model that cannot be asked is said once, before anything is tried`() async throws {
        let scratch = try ScratchDirectory()
        let configuration = "\(scratch.path)/yggdrasil.yaml"
        try "models: {default: gone/any, providers: {gone: {type: ollama, url: 'http://127.0.0.1:1'}}}\n"
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        let eval = await tool(RunningYgg.binary, "eval", "--config", configuration)
        #expect(eval.outcome.ending == .exited(1) && eval.stdout.isEmpty)
        #expect(eval.stderr.contains("127.0.0.1:1") && !eval.stderr.contains("add() returns"), "\(eval.stderr)")
    }
}
