import Testing
import YggCore

@testable import YggAgent

struct AgentLoopTests {
    @Test func `an edit is kept, checked and told, and finish is granted by the verdict`() throws {
        var stage = LoopStage { step, _ in
            switch step {
            case 1: .calls(("read_file", ["path": "a.py"]))
            case 2: .writes("a.py", "x = 2\n")
            default: .finishes("Set x to 2.")
            }
        }
        let end = try stage.played()
        #expect(end.way == .done && end.summary == "Set x to 2." && end.verdict?.worth == .verified)
        #expect(end.checkpoint == "tree-a.py=x = 2\n" && end.base == "tree-a.py=x = 1\n")
        let kinds = stage.effects.flatMap { $0 }.map(\.kind)
        #expect(
            kinds == [
                "describe", "base", "save", "ask", "read_file", "ask", "write_file", "save", "verify", "ask", "finish",
            ]
        )
        #expect(stage.asked[2].messages.last?.text == PromptText.checksPass.text)
        #expect(stage.loop.steps == 3 && stage.loop.usedTokens == 330)
    }

    @Test func `the prompt only grows at its end, so that the server has it in its cache`() throws {
        var stage = LoopStage { step, _ in
            step < 6 ? .calls(("read_file", ["path": .string("f\(step)")])) : .finishes()
        }
        _ = stage.play()
        for (before, after) in zip(stage.asked, stage.asked.dropFirst()) {
            #expect(after.system == before.system && after.tools == before.tools)
            #expect(Array(after.messages.prefix(before.messages.count)) == before.messages)
            #expect(after.options.contextTokens == 16_384)
        }
    }

    @Test func `a broken state is repaired, and what is newly wrong is what the model reads`() throws {
        var stage = LoopStage { step, request in
            switch step {
            case 1: .writes("a.py", "x = BUG\n")
            case 2:
                request.messages.last?.text.contains("FAILED with 1 bugs") == true
                    ? .writes("a.py", "x = 2\n", id: "d") : .says("Nothing was said.")
            default: .says("x is 2 now.")
            }
        }
        let end = try stage.played()
        #expect(end.way == .done && end.summary == "x is 2 now.")
    }

    @Test func `finish is refused while something new fails, and after the last repair the best state is left`() throws
    {
        var stage = LoopStage(.sample(limits: AgentLimits(maxRepairs: 2))) { step, _ in
            switch step {
            case 1: .writes("a.py", "BUG BUG BUG\n", id: "a")
            case 2: .writes("a.py", "x = BUG\n", id: "b")
            default: .writes("a.py", String(repeating: "BUG ", count: step), id: "c\(step)")
            }
        }
        let end = try stage.played()
        #expect(end.cause == .verificationFailed && end.detail.contains("After 2 repairs"))
        #expect(end.checkpoint == "tree-a.py=x = BUG\n" && stage.tree.files["a.py"] == "x = BUG\n")
        #expect(end.verdict?.newFailures == 1)
    }

    @Test func `the model's word alone ends nothing`() throws {
        var stage = LoopStage { step, _ in
            step == 1
                ? .calls(
                    ("write_file", ["path": "a.py", "content": "BUG\n"]),
                    ("finish", ["summary": "All tests pass!"])
                ) : step == 2 ? .writes("a.py", "x = 2\n", id: "d") : .finishes("Really.", id: "e")
        }
        let end = try stage.played()
        #expect(end.way == .done && end.summary == "Really.")
        // It read the verdict as the answer to its finish.
        guard case .toolResult(let turn) = stage.asked[1].messages.last else { throw Failed() }
        #expect(turn.tool == "finish" && turn.content.contains("FAILED with 1 bugs"))
    }

    @Test func `what a command changed is kept and checked when the model ends`() throws {
        var stage = LoopStage { step, _ in
            step == 1 ? .calls(("run_command", ["command": "black ."])) : .finishes("Formatted.", id: "d")
        }
        stage.feed(.began)
        while case .some(let effect) = stage.next.first, effect.kind != "finish" {
            stage.perform(effect)
            if effect.kind == "run_command" { stage.tree.files["a.py"] = "x = 1  # black\n" }
        }
        guard case .finish(let end) = stage.next.first else { throw Failed() }
        #expect(end.way == .done && end.verdict?.worth == .verified)
        #expect(end.checkpoint == "tree-a.py=x = 1  # black\n")
    }

    @Test func `nothing verified is passed on with its sentence`() throws {
        var stage = LoopStage { step, _ in step == 1 ? .writes("a.py", "x = 2\n") : .finishes(id: "d") }
        stage.feed(.began)
        while let effect = stage.next.first, effect.kind != "finish" {
            if effect == .verify {
                stage.feed(.verified(Verdict(worth: .unverified("There are no tests."))))
            } else {
                stage.perform(effect)
            }
        }
        guard case .finish(let end) = stage.next.first else { throw Failed() }
        #expect(end.way == .done && end.verdict?.worth == .unverified("There are no tests."))
    }

    @Test func `a base that cannot be checked costs no token`() throws {
        var stage = LoopStage { _, _ in .says("Never.") }
        stage.base = .baseFailed(BaseFailure(code: "base-broken", detail: "swift build fails."))
        let end = try stage.played()
        #expect(end.cause == .baseBroken && end.detail == "swift build fails." && stage.asked.isEmpty)
        stage.base = .baseFailed(BaseFailure(code: "missing-command", detail: "There is no pytest."))
        let again = stage.play(from: .comment("Try again."))
        #expect(again?.cause == .missingCommand && stage.asked.isEmpty)
        // Once it is mended, a comment begins the work.
        stage.base = .baseChecked([])
        stage.feed(.comment("Mended."))
        while let effect = stage.next.first, effect.kind != "ask" { stage.perform(effect) }
        guard case .ask(let request) = stage.next.first else { throw Failed() }
        #expect(request.messages.map(\.text).joined().contains("Mended."))
    }

    @Test func `a comment after the end is the next message, with all limits anew`() throws {
        var stage = LoopStage(.sample(limits: AgentLimits(maxSteps: 2))) { step, request in
            switch step {
            case 1: .writes("a.py", "x = 2\n")
            case 2: .finishes("x is 2.", id: "d")
            case 3:
                request.messages.last?.text.contains("Make it 3, please.") == true
                    ? .writes("a.py", "x = 3\n", id: "e") : .says("What?")
            default: .finishes("x is 3.", id: "f")
            }
        }
        let first = try stage.played()
        #expect(first.way == .done)
        let end = try stage.played(from: .comment("Make it 3, please."))
        #expect(end.way == .done && end.summary == "x is 3." && end.checkpoint == "tree-a.py=x = 3\n")
        #expect(stage.asked.last.map { $0.messages.owed } == 0)
    }

    @Test func `a comment while it works is heard with the next question`() throws {
        var stage = LoopStage { step, _ in step == 1 ? .writes("a.py", "x = 2\n") : .finishes(id: "d") }
        stage.feed(.began)
        while stage.next.first?.kind != "write_file" { stage.perform(try #require(stage.next.first)) }
        let heard = stage.feed(.comment("Use tabs."))
        #expect(heard.isEmpty)
        while stage.next.first?.kind != "ask" { stage.perform(try #require(stage.next.first)) }
        guard case .ask(let request) = stage.next.first else { throw Failed() }
        #expect(request.messages.last?.text.contains("Use tabs.") == true)
    }

    @Test func `a comment that came too late for the last question is heard all the same`() throws {
        var stage = LoopStage(.sample(limits: AgentLimits(maxSteps: 1))) { step, _ in
            step == 1 ? .writes("a.py", "x = 2\n") : .finishes(id: "d")
        }
        stage.feed(.began)
        while stage.next.first?.kind != "verify" { stage.perform(try #require(stage.next.first)) }
        stage.feed(.comment("Use tabs."))
        stage.perform(.verify)
        guard case .ask(let request) = stage.next.first else { throw Failed() }
        #expect(request.messages.last?.text.contains("Use tabs.") == true)
    }

    @Test func `a session that is suspended goes on with what was open`() throws {
        var stage = LoopStage { step, _ in step == 1 ? .writes("a.py", "x = 2\n") : .finishes(id: "d") }
        stage.feed(.began)
        while stage.next.first?.kind != "verify" { stage.perform(try #require(stage.next.first)) }
        let suspended = stage.feed(.suspended)
        guard case .finish(let end) = suspended.first else { throw Failed() }
        #expect(end.way == .suspended && end.checkpoint == "tree-a.py=x = 2\n")
        let again = stage.feed(.resumed)
        #expect(again == [.verify])
    }

    @Test func `one that is suspended in the middle of a turn leaves what it has edited`() throws {
        var stage = LoopStage { step, _ in
            step == 1
                ? .calls(("write_file", ["path": "a.py", "content": "x = 2\n"]), ("list_directory", [:]))
                : .finishes(id: "d")
        }
        stage.feed(.began)
        while stage.next.first?.kind != "list_directory" { stage.perform(try #require(stage.next.first)) }
        let keeping = stage.feed(.suspended)
        #expect(keeping == [.save(label: "suspended")])
        stage.perform(.save(label: "suspended"))
        guard case .finish(let end) = stage.next.first else { throw Failed() }
        #expect(end.way == .suspended && end.checkpoint == "tree-a.py=x = 2\n")
        // The turn goes on where it was, and its edit is checked like any other.
        let last = try stage.played(from: .resumed)
        #expect(last.way == .done && last.verdict?.worth == .verified)
    }

    @Test func `a call that was begun and has no result is repeated only where that makes no difference`() throws {
        for (call, isRepeated) in [
            ("run_command", false), ("edit_file", false), ("write_file", true), ("read_file", true),
        ] {
            var stage = LoopStage { step, _ in
                step == 1 ? .calls((call, ["path": "a.py", "content": "y\n", "command": "make"])) : .finishes(id: "d")
            }
            stage.feed(.began)
            while stage.next.first?.kind != call { stage.perform(try #require(stage.next.first)) }
            stage.feed(.callBegan(id: "c0"))
            let effects = stage.feed(.resumed)
            #expect((effects.first?.kind == call) == isRepeated, "\(call)")
            if !isRepeated {
                while stage.next.first?.kind != "ask" { stage.perform(try #require(stage.next.first)) }
                guard case .ask(let request) = stage.next.first else { throw Failed() }
                #expect(request.messages.contains { $0.text == PromptText.interrupted.text })
            }
        }
    }

    @Test func `a server that knows no tools is asked without`() throws {
        var stage = LoopStage(.sample(paths: ["a.py"])) { _, request in
            request.tools.isEmpty ? .says("a.py\n```\nx = 2\n```") : .fails(.toolsUnsupported)
        }
        let end = try stage.played()
        #expect(end.way == .done && stage.loop.mode == .pipeline && stage.tree.files["a.py"] == "x = 2\n")
    }

    @Test func `a workspace that fails is a named cause`() throws {
        var stage = LoopStage { _, _ in .writes("a.py", "x = 2\n") }
        stage.feed(.began)
        while stage.next.first?.kind != "verify" { stage.perform(try #require(stage.next.first)) }
        guard case .finish(let end) = stage.feed(.workspaceFailed("The disk is full.")).first else { throw Failed() }
        #expect(end.cause == .workspaceFailed && end.detail == "The disk is full.")
    }

    @Test func `an input that answers nothing changes nothing`() throws {
        var stage = LoopStage { _, _ in .finishes() }
        stage.feed(.began)
        for input: AgentLoop.Input in [
            .began, .saved("x"), .restored, .verified(Verdict(worth: .verified)), .callBegan(id: "c"),
            .called(id: "c", ToolResult("")), .says("Hi."), .baseChecked([]),
        ] {
            let effects = stage.feed(input)
            #expect(effects.isEmpty)
        }
        let resumed = stage.feed(.resumed)
        #expect(resumed == [.describeModel])
    }
}

extension AgentLoop.Effect {
    var kind: String {
        switch self {
        case .describeModel: "describe"
        case .checkBase: "base"
        case .save: "save"
        case .ask: "ask"
        case .run(let call): call.name
        case .verify: "verify"
        case .restore: "restore"
        case .finish: "finish"
        }
    }
}

extension [ModelMessage] {
    /// Calls without a result.
    var owed: Int {
        var open: Set<String> = []
        for message in self {
            switch message {
            case .assistant(let turn): open.formUnion(turn.calls.map(\.id))
            case .toolResult(let turn): open.remove(turn.callID)
            case .user, .system: break
            }
        }
        return open.count
    }
}
