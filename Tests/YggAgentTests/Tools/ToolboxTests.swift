import Testing
import YggCore
import YggProcess

@testable import YggAgent

@Suite(.timeLimit(.minutes(1)))
struct ToolboxTests {
    @Test(
        arguments: [
            (
                "read_file", ["file_path": "a"],
                "read_file has no parameter file_path. Did you mean path? path is missing. read_file takes path (string, required), start_line (integer), end_line (integer)."
            ),
            (
                "read_file", ["path": "a", "strat_line": 1],
                "read_file has no parameter strat_line. Did you mean start_line? read_file takes path (string, required), start_line (integer), end_line (integer)."
            ),
            (
                "read_file", ["path": ["a"], "start_line": "x"],
                "path must be a string, not an array. start_line must be an integer, not a string. read_file takes path (string, required), start_line (integer), end_line (integer)."
            ),
            (
                "edit_file", ["path": "a", "search": "x", "replace": "y"],
                "edit_file has no parameter search. Did you mean old_text? edit_file has no parameter replace. Did you mean new_text? old_text is missing. new_text is missing. edit_file takes path (string, required), old_text (string, required), new_text (string, required)."
            ),
            ("git_status", ["x": 1], "git_status has no parameter x. git_status takes no parameters."),
            ("finish", ["summary": " "], "summary is empty. Say in a few sentences what was changed and why."),
            (
                "read_fil", [:],
                "There is no tool read_fil. Did you mean read_file? The tools are: read_file, write_file, edit_file, list_directory, search_files, git_status, git_diff, git_log, run_command, finish."
            ),
        ] as [(String, JSONObject, String)]
    )
    func `a call that is wrong is answered with what is right`(
        tool: String,
        arguments: JSONObject,
        sentence: String
    ) async throws {
        let bench = try await Bench()
        let result = await bench.call(tool, arguments)
        #expect(result.isError && result.text == sentence)
    }

    @Test(
        arguments: [
            ["path": "a", "start_line": "2"], ["path": "a", "start_line": .double(2)],
            ["path": "a", "start_line": 2, "end_line": nil],
            ["path": "a", "start_line": 2, "end_line": ""],
        ] as [JSONObject]
    )
    func `what means the same in another type is taken`(arguments: JSONObject) async throws {
        let bench = try await Bench(["a": "1\n2\n"])
        #expect(await bench.call("read_file", arguments).text == "2\t2\n[lines 2–2 of 2]")
    }

    @Test func `a toolbox has the tools it was asked for`() async throws {
        let bench = try await Bench()
        #expect(bench.toolbox.specs.count == 10)
        var setting = Toolbox.Setting(
            root: bench.root,
            gitDirectory: nil,
            scratch: try Scratch(path: "\(bench.base)/scratch", personalHome: nil),
            environment: [:],
            isolation: .none
        )
        setting.limits.answerBytes = 100
        let toolbox = try Toolbox(setting, only: ["write_file", "finish"])
        #expect(toolbox.specs.map(\.name) == ["write_file", "finish"])
        let long = await toolbox.run(
            ToolCall(id: "", name: "finish", arguments: ["summary": .string(String(repeating: "x", count: 900))])
        )
        #expect(long.text.utf8.count < 150 && long.text.contains("bytes are missing here"))
    }

    @Test func `the record says what was done`() {
        var record = ToolRecord()
        record.argv = ["pytest", "-q"]
        record.exitCode = 1
        record.duration = .milliseconds(1500)
        record.bytes = 12
        #expect(record.json == ["argv": ["pytest", "-q"], "exitCode": 1, "milliseconds": 1500, "bytes": 12])
    }
}
