import FoundationEssentials
import Testing
import YggCore
import YggProcess

/// Work that asks a model, in a household whose Ollama is not there, and then is.
@Suite(.timeLimit(.minutes(2)))
struct ModelOutageTests {
    @Test func `a prompt waits for the server, why names it, and it begins by itself when that is back`() async throws {
        let port = try KeptPort()
        let address = "http://127.0.0.1:\(port.number)"
        try await withUp(environment: ["OLLAMA_HOST": address]) { ygg, _ in
            let id = try await ygg.submit(["kind": "llm-prompt", "params": ["prompt": "Hi"]])
            let other = try await ygg.submit(["kind": "bench-noop"])
            _ = try await ygg.finished(other)
            let waiting = try #require(try await ygg.get("/v1/tasks/\(id)").json)
            #expect(waiting["state"] == "queued" && waiting["epoch"] == 0)
            let why = await ygg.cli("why", id).stdout
            #expect(why.contains("\(address) (ollama) has not answered since 2"))

            try await OllamaDouble.run(replies: [["text": "Hello"]], port: Int(port.number)) { _ in
                let task = try await ygg.finished(id)
                #expect(task["state"] == "succeeded" && task["attempt"] == 1 && task["epoch"] == 1)
                #expect(task["result"]?["output"] == "Hello")
            }
        }
    }

    @Test func `a scenario answers without any server`() async throws {
        let scratch = try ScratchDirectory()
        let demo = "\(scratch.path)/demo.yaml"
        try "turns: [{contains: \"\", text: [\"Hel\", \"lo\"]}]\n".write(
            toFile: demo,
            atomically: true,
            encoding: .utf8
        )
        let configuration = """
            models:
              default: demo/any
              providers:
                demo: {type: scripted, file: \(demo)}
            """
        try await withUp(configuration: configuration) { ygg, _ in
            let id = try await ygg.submit(["kind": "llm-prompt", "params": ["prompt": "Hi"]])
            let task = try await ygg.finished(id)
            #expect(task["result"]?["output"] == "Hello" && task["result"]?["scripted"] == true)
        }
    }

    @Test func `the script fetches a model, and says what it is`() async throws {
        try await OllamaDouble.run { double in
            let script = "\(OllamaDouble.folder)/../../scripts/pull-code-model.sh"
            func pull(_ arguments: String...) async -> CollectedOutput {
                var environment = cleanEnvironment(from: ProcessInfo.processInfo.environment)
                environment["OLLAMA_HOST"] = double.address
                return await collectProcess(ProcessSpec(argv: [script] + arguments, environment: environment))
            }
            let here = await pull()
            #expect(here.outcome.succeeded, "\(here.stderr)")
            #expect(here.stdout.contains("qwen2.5-coder:3b is there already") && here.stdout.contains(": 1.8 GiB, "))
            #expect(here.stdout.contains("quantised as Q4_K_M"))
            #expect(try await !double.requests.contains { $0["path"] == "/api/pull" })
            let good = await pull("tiny")
            #expect(good.outcome.succeeded, "\(good.stderr)")
            #expect(good.stdout.contains("100%") && good.stdout.contains("tiny is there: 3.9 KiB, "))
            try await double.queue([["fault": "error_line", "error": "pull model manifest: file does not exist"]])
            let bad = await pull("nothing")
            #expect(bad.outcome.ending == .exited(1) && bad.stderr.contains("file does not exist"))
            try await double.queue([["status": 403, "body": ""]])
            let refused = await pull("nothing")
            #expect(refused.outcome.ending == .exited(1) && refused.stderr.contains("refuses to be called by that"))
            let layers: JSON = [["digest": "sha256:aaaaaaaaaaaaaaaaaaaa", "total": 9_000_000_000_000_000]]
            try await double.queue([["layers": layers]])
            let full = await pull("--models", "/tmp", "large")
            #expect(full.outcome.ending == .exited(1) && full.stderr.contains("not enough disk for large: 8"))
        }
    }

    @Test(arguments: [["a", "b"], ["a b"], ["a:"], [""], ["--models", "/nowhere", "a"]])
    func `what the script cannot have been meant to be called with is answered with its usage`(
        arguments: [String]
    ) async throws {
        let script = "\(OllamaDouble.folder)/../../scripts/pull-code-model.sh"
        let environment = cleanEnvironment(from: ProcessInfo.processInfo.environment)
        let ended = await collectProcess(ProcessSpec(argv: [script] + arguments, environment: environment))
        #expect(ended.outcome.ending == .exited(2) && ended.stderr.contains("usage: "), "\(ended)")
    }
}
