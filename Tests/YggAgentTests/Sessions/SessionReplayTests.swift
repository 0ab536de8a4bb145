import Testing
import YggCore

@testable import YggAgent

/// A session is the list of its inputs: whoever reads it decides as the one who wrote it did.
struct SessionReplayTests {
    /// A model of moods: sensible, clumsy and mad answers, the same for the same seed.
    private static func model(_ seed: UInt64) -> LoopStage.Model {
        { step, request in
            var random = SeededRandom(seed: seed, stream: "\(step)/\(request.messages.count)")
            let id = "c\(step)-"
            let path = "f\(random.int(0..<3))"
            switch random.int(0..<12) {
            case 0: return .garbles
            case 1: return .says("I think about part \(step).")
            case 2: return .fails(random.chance(60) ? .contextExceeded : .brokenCall)
            case 3: return .finishes("Done at \(step).", id: id)
            case 4: return .calls(("run_command", ["command": .string("make \(step)")]), id: id)
            case 5:
                return .calls(
                    ("read_file", ["path": .string(path)]),
                    ("edit_file", ["path": .string(path), "old_text": "1", "new_text": "1 BUG"]),
                    ("finish", ["summary": "Really."]),
                    ("list_directory", [:]),
                    id: id
                )
            case 6, 7: return .writes(path, "BUG \(random.int(0..<2))\n", id: id)
            case 8, 9: return .writes(path, "good \(random.int(0..<9))\n", id: id)
            default: return .calls(("read_file", ["path": .string(path)]), id: id)
            }
        }
    }

    private static func stage(_ seed: UInt64) -> LoopStage {
        let limits = AgentLimits(maxSteps: 12, maxRepairs: 3)
        let isPlain = seed % 5 == 0
        let plain: LoopStage.Model = { step, _ in .says("f0\n```\n\(step % 4 == 3 ? "good" : "BUG \(step)")\n```") }
        return LoopStage(
            .sample(paths: isPlain ? ["f0"] : [], mode: isPlain ? .pipeline : nil, limits: limits),
            tree: PaperTree(["f0": "1\n", "f1": String(repeating: "1 line\n", count: 900)]),
            model: isPlain ? plain : model(seed)
        )
    }

    @Test(arguments: Seeds.all + Array(8...40))
    func `cut at any record, it goes on with the same effect`(_ seed: UInt64) throws {
        var stage = Self.stage(seed)
        let end = try stage.played()
        if seed % 3 == 0 { _ = stage.play(from: .comment("Go on.")) }
        var loop = AgentLoop(task: stage.loop.task, tools: LoopStage.tools)
        for (index, entry) in stage.inputs.enumerated() {
            // As it is read from the file.
            let line = SessionRecord(at: entry.at, entry.input).json.text
            let record = try SessionRecord(json: try JSON(parsing: line))
            #expect(record == SessionRecord(at: entry.at, entry.input))
            let effects = loop.handle(record.input, now: Instant(nanoseconds: 0) + record.at)
            #expect(effects == stage.effects[index], "record \(index) of \(stage.inputs.count), which ended \(end.way)")
            // And here the process ended.
            var resumed = loop
            if case .callBegan = record.input { continue }
            #expect(resumed.handle(.resumed, now: Instant(nanoseconds: 0) + record.at) == stage.effects[index])
        }
    }

    @Test(arguments: Seeds.all + Array(8...24))
    func `killed at any record, no call that has its result is run again`(_ seed: UInt64) throws {
        var stage = Self.stage(seed)
        _ = try stage.played()
        var loop = AgentLoop(task: stage.loop.task, tools: LoopStage.tools)
        var answered: Set<String> = []
        for (index, entry) in stage.inputs.enumerated() {
            _ = loop.handle(entry.input, now: Instant(nanoseconds: 0) + entry.at)
            if case .called(let id, _) = entry.input { answered.insert(id) }
            // Nobody knows how far a call came that was begun: here it was run to its end.
            var tree = stage.scenes.indices.contains(index + 1) ? stage.scenes[index + 1] : stage.tree
            tree.ran = []
            var second = LoopStage(goingOn: stage, loop: loop, tree: tree, at: entry.at)
            let end = second.play(from: .resumed)
            #expect(end != nil)
            let again = second.tree.ran.map(\.id).filter { answered.contains($0) }
            // Ids of the harness's own calls count on, so they are never used twice either.
            #expect(again.isEmpty)
            for request in second.asked { #expect(request.messages.owed == 0) }
        }
    }
}
