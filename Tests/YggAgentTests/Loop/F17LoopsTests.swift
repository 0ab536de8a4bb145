import Testing
import YggCore

@testable import YggAgent

/// F17: loops of every kind are stopped with a reason, and a person's message goes on from there.
struct F17LoopsTests {
    struct Circle: Sendable, CustomTestStringConvertible {
        var name: String
        var reason: String
        /// Answers until it is stopped.
        var steps: Int
        var model: LoopStage.Model
        var testDescription: String { name }
    }

    static let circles = [
        Circle(name: "the same action and result, four times", reason: "read_file 4 times in a row", steps: 4) {
            step,
            _ in
            .calls(("read_file", ["path": "a.py"]), id: "c\(step)")
        },
        Circle(name: "the same command, whatever time it says it took", reason: "run_command 4 times", steps: 4) {
            step,
            _ in
            .calls(("run_command", ["command": "pytest"]), id: "c\(step)")
        },
        Circle(name: "the same error, three times", reason: "same error 3 times in a row", steps: 3) { step, _ in
            .calls(("edit_file", ["path": "a.py", "old_text": .string("y\(step)"), "new_text": "z"]), id: "c\(step)")
        },
        Circle(name: "talk, three times", reason: "3 times in a row without calling", steps: 3) { step, _ in
            .says("I will now do part \(step).")
        },
        Circle(name: "to and fro, six calls long", reason: "to and fro", steps: 6) { step, _ in
            .calls((step % 2 == 0 ? "read_file" : "list_directory", ["path": "a.py"]), id: "c\(step)")
        },
        Circle(name: "edits that undo themselves, three times", reason: "without changing anything", steps: 4) {
            step,
            _ in
            step == 1
                ? .writes("a.py", "x = 9\n", id: "c1")
                : .calls(
                    ("write_file", ["path": "a.py", "content": .string("\(step)\n")]),
                    ("write_file", ["path": "a.py", "content": "x = 9\n"]),
                    id: "c\(step)"
                )
        },
    ]

    @Test(arguments: circles)
    func `it is stopped with its reason, and a person's message goes on`(_ circle: Circle) throws {
        var stage = LoopStage { step, request in
            request.messages.contains { $0.text.contains("Write 2.") }
                ? request.messages.last?.text.contains("Write 2.") == true
                    ? .writes("a.py", "x = 2\n", id: "e\(step)") : .finishes(id: "f\(step)")
                : circle.model(step, request)
        }
        stage.tree.said = "exit code 1, after 0.3 s"
        let end = try stage.played()
        #expect(end.cause == .stuck && end.detail.contains(circle.reason), "\(end.detail)")
        #expect(stage.loop.steps == circle.steps)
        // Once, when it first came again, chance was given more room.
        let warm = stage.asked.filter { $0.options.temperature == AgentLoop.warmTemperature }.count
        #expect(warm == 1)
        #expect(stage.asked.last?.messages.owed == 0)
        let after = try stage.played(from: .comment("Write 2."))
        #expect(after.way == .done && stage.tree.files["a.py"] == "x = 2\n")
    }

    @Test func `answers that cannot be read are corrected three times in a row`() throws {
        var stage = LoopStage { _, _ in .garbles }
        let end = try stage.played()
        #expect(end.cause == .unreadableModel && stage.asked.count == 4)
        #expect(stage.asked[1].messages.last?.text.contains("Your tool call has no end.") == true)
        // Refused calls count like others, and one that is right begins anew.
        var mixed = LoopStage { step, _ in
            step % 4 == 0 ? .calls(("read_file", ["path": .string("\(step)")]), id: "c\(step)") : .garbles
        }
        let mixedEnd = try mixed.played()
        #expect(mixedEnd.cause == .limitReached)
    }

    @Test(arguments: [
        (AgentLimits(maxSteps: 4), "All 4 steps"), (AgentLimits(wallTime: .seconds(20)), "The time of 20s"),
        (AgentLimits(maxTokens: 500), "All 500 tokens"),
    ])
    func `every limit ends the work, and says which it was`(_ limits: AgentLimits, _ sentence: String) throws {
        var stage = LoopStage(.sample(limits: limits)) { step, _ in
            .calls(("read_file", ["path": .string("f\(step)")]), id: "c\(step)")
        }
        stage.tree.files = Dictionary(uniqueKeysWithValues: (1...20).map { ("f\($0)", "\($0)\n") })
        let end = try stage.played()
        #expect(end.cause == .limitReached && end.detail.hasPrefix(sentence), "\(end.detail)")
        #expect(stage.asked.last?.messages.owed == 0)
        let steps = stage.loop.steps
        _ = stage.play(from: .comment("Go on."))
        #expect(stage.loop.steps > steps)
    }

    @Test func `a limit after work that was verified leaves that work`() throws {
        var stage = LoopStage(.sample(limits: AgentLimits(maxSteps: 3))) { step, _ in
            .writes("a.py", step == 1 ? "x = 2\n" : "BUG \(step)\n", id: "c\(step)")
        }
        let end = try stage.played()
        #expect(end.cause == .limitReached && end.verdict?.worth == .verified)
        #expect(end.checkpoint == "tree-a.py=x = 2\n" && stage.tree.files["a.py"] == "x = 2\n")
    }

    @Test func `a model that changes nothing is asked once more`() throws {
        var stage = LoopStage { step, _ in .finishes("x is 2 already.", id: "c\(step)") }
        let end = try stage.played()
        #expect(end.cause == .noChange && end.detail.contains("x is 2 already.") && stage.asked.count == 2)
    }

    @Test func `calls of one answer that are equal, too many or after finish are not run`() throws {
        var stage = LoopStage { step, _ in
            guard step == 1 else { return .finishes(id: "d\(step)") }
            let read: (String, JSONObject) = ("read_file", ["path": "a.py"])
            return .calls(read, read, read, read, read, id: "c")
        }
        _ = stage.play()
        #expect(stage.tree.ran.count == 1)
        #expect(stage.asked[1].messages.count { $0.text.contains("not run again") } == 4)
    }

    @Test func `a context that is too small is refused before anything is done`() throws {
        var small = LoopStage(.sample(contextTokens: 8_192)) { _, _ in .says("Never.") }
        let end = try small.played()
        #expect(end.cause == .contextTooSmall && end.detail.contains("8192") && small.asked.isEmpty)
        var trained = LoopStage(context: 8_192) { _, _ in .says("Never.") }
        let trainedEnd = try trained.played()
        #expect(trainedEnd.cause == .contextTooSmall)
    }

    @Test func `a prompt that does not fit is compacted, and asked again once`() throws {
        var stage = LoopStage { step, request in
            step == 1
                ? .calls(("read_file", ["path": "long.py"]))
                : request.messages.contains { $0.text.contains("earlier turns are left out") }
                    ? .writes("a.py", "x = 2\n", id: "d\(step)") : .fails(.contextExceeded)
        }
        stage.tree.files["long.py"] = String(repeating: "something()\n", count: 300)
        _ = stage.play()
        #expect(stage.tree.files["a.py"] == "x = 2\n")
        // Another context would make the server load the model again.
        #expect(Set(stage.asked.map(\.options.contextTokens)) == [16_384])
        var never = LoopStage { _, _ in .fails(.contextExceeded) }
        let end = try never.played()
        #expect(end.cause == .contextTooSmall && never.asked.count == 2)
    }
}
