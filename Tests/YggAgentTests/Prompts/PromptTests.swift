import Testing
import YggCore
import YggProcess

@testable import YggAgent

struct PromptTests {
    @Test(arguments: PromptText.all)
    func `a prompt is short enough for small models`(_ prompt: PromptText) {
        // Prose has four bytes a token and more; three is on the safe side.
        #expect(prompt.text.utf8.count / 3 < 1_000 && !prompt.text.isEmpty)
    }

    @Test func `every prompt has a name of its own, and a hash in the session`() {
        #expect(Set(PromptText.all.map(\.name)).count == PromptText.all.count)
        let kind = PromptText(name: "code-test", text: "abc")
        #expect(kind.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        var task = AgentTask.sample()
        task.kindPrompt = kind
        let header = SessionHeader(
            task: task,
            provider: ProviderIdentity(name: "scripted", endpoint: "x", isScripted: true),
            began: Timestamp(milliseconds: 1)
        )
        #expect(header.prompts["code-test"] == kind.sha256 && header.prompts["work"] == PromptText.work.sha256)
    }

    @Test func `values are filled in once, whatever they hold`() {
        let prompt = PromptText(name: "p", text: "{a} and {b} { {c}")
        #expect(prompt.filled(["a": "{b}", "b": "x"]) == "{b} and x { {c}")
    }

    @Test func `what a repository says is marked as somebody else's words`() throws {
        var task = AgentTask.sample()
        task.guidance = "Run make."
        task.kindPrompt = PromptText(name: "k", text: "Keep the style.")
        var stage = LoopStage(task) { _, _ in .finishes() }
        _ = stage.play()
        let request = try #require(stage.asked.first)
        #expect(request.system.hasSuffix("Keep the style.") && !request.system.contains("Run make."))
        #expect(request.messages[0].text.contains("not the person who gave you the task"))
        #expect(request.messages[0].text.contains("--- AGENTS.md, the beginning ---\nRun make.\n"))
    }

    @Test func `a repository's AGENTS md is read with bounds, and never through a link to the outside`() async throws {
        let bench = try await Bench(["AGENTS.md": String(repeating: "é", count: 9_000)])
        func setting() throws -> Toolbox.Setting {
            Toolbox.Setting(
                root: bench.root,
                gitDirectory: nil,
                scratch: try Scratch(path: "\(bench.base)/scratch", personalHome: nil),
                environment: [:],
                isolation: .none
            )
        }
        let read = try #require(RepositoryGuidance.read(in: try setting()))
        #expect(read.utf8.count < 4_100 && read.hasSuffix("more bytes …]"))
        let outside = try bench.putOutside("secret", at: "keys")
        let linked = try await Bench()
        linked.link("AGENTS.md", to: outside)
        let other = Toolbox.Setting(
            root: linked.root,
            gitDirectory: nil,
            scratch: try Scratch(path: "\(linked.base)/scratch", personalHome: nil),
            environment: [:],
            isolation: .none
        )
        #expect(RepositoryGuidance.read(in: other) == nil)
    }

    @Test func `there are ten causes, each with a sentence and a next step`() {
        #expect(FailureCause.allCases.count == 10)
        for cause in FailureCause.allCases {
            #expect(cause.sentence.hasSuffix(".") && cause.nextStep.hasSuffix("."))
        }
    }
}
