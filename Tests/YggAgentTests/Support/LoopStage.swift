import Testing
import YggCore

@testable import YggAgent

/// A work tree in memory. Every `BUG` in it is something that fails; it begins without one.
struct PaperTree: Sendable, Hashable {
    var files: [String: String]
    var kept: [String: [String: String]] = [:]
    /// Calls that were really run, in their order.
    var ran: [ToolCall] = []
    /// What commands say.
    var said = "exit code 0"

    init(_ files: [String: String] = ["a.py": "x = 1\n"]) { self.files = files }

    mutating func save() -> String {
        let name = "tree-" + files.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "|")
        kept[name] = files
        return name
    }

    mutating func restore(_ name: String) { files = kept[name] ?? files }

    func check() -> Verdict {
        let bugs = files.values.reduce(0) {
            $0 + $1.split(separator: "BUG", omittingEmptySubsequences: false).count - 1
        }
        guard bugs > 0 else { return Verdict(worth: .verified) }
        return Verdict(worth: .broken, newFailures: bugs, feedback: "FAILED with \(bugs) bugs")
    }

    mutating func run(_ call: ToolCall) -> ToolResult {
        ran.append(call)
        let path = call.arguments["path"]?.stringValue ?? ""
        switch call.name {
        case "write_file":
            let content = call.arguments["content"]?.stringValue ?? ""
            guard files[path] != content else {
                return ToolResult("\(path) has exactly this content already: nothing was changed.", isError: true)
            }
            files[path] = content
            return edited(path)
        case "edit_file":
            guard let old = call.arguments["old_text"]?.stringValue, let range = files[path]?.firstRange(of: old) else {
                return ToolResult("old_text is not in \(path).", isError: true)
            }
            files[path]?.replaceSubrange(range, with: call.arguments["new_text"]?.stringValue ?? "")
            return edited(path)
        case "read_file":
            guard let text = files[path] else { return ToolResult("\(path) does not exist.", isError: true) }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            return ToolResult(lines.enumerated().map { "\($0.offset + 1)\t\($0.element)" }.joined(separator: "\n"))
        case "list_directory":
            return ToolResult(
                files.sorted { $0.key < $1.key }.map { "\($0.key)  \($0.value.utf8.count) bytes" }.joined(
                    separator: "\n"
                )
            )
        case "run_command":
            var result = ToolResult(said)
            result.record.argv = [call.arguments["command"]?.stringValue ?? ""]
            return result
        default: return ToolResult("[no matches]")
        }
    }

    private func edited(_ path: String) -> ToolResult {
        var result = ToolResult("Edited \(path).")
        result.record.files = [path]
        return result
    }
}

/// Plays a loop with a model that a closure plays, over a paper tree.
struct LoopStage: Sendable {
    typealias Model = @Sendable (_ step: Int, _ request: ModelRequest) -> AgentLoop.Input

    var loop: AgentLoop
    var tree: PaperTree
    var at = Milliseconds.zero
    /// How long every input takes.
    var pace = Milliseconds(1000)
    var info: ModelInfo
    var base: AgentLoop.Input = .baseChecked([])
    let model: Model
    private(set) var next: [AgentLoop.Effect] = []
    private(set) var inputs: [(at: Milliseconds, input: AgentLoop.Input)] = []
    private(set) var effects: [[AgentLoop.Effect]] = []
    private(set) var asked: [ModelRequest] = []
    /// Before each input was handled.
    private(set) var scenes: [PaperTree] = []

    init(
        _ task: AgentTask = .sample(),
        tree: PaperTree = PaperTree(),
        context: Int64 = 32_768,
        capabilities: [String] = ["completion", "tools"],
        model: @escaping Model
    ) {
        loop = AgentLoop(task: task, tools: LoopStage.tools)
        self.tree = tree
        info = ModelInfo(name: task.model, capabilities: capabilities, trainedContext: context)
        self.model = model
    }

    static let tools = [
        "read_file", "write_file", "edit_file", "list_directory", "search_files", "run_command", "finish",
    ]
    .map { ToolSpec(name: $0, description: "It is \($0).", parameters: []) }

    /// Goes on with a loop that was made by others.
    init(goingOn stage: LoopStage, loop: AgentLoop, tree: PaperTree, at: Milliseconds) {
        self = stage
        self.loop = loop
        self.tree = tree
        self.at = at
        (next, inputs, effects, asked, scenes) = ([], [], [], [], [])
    }

    @discardableResult
    mutating func feed(_ input: AgentLoop.Input) -> [AgentLoop.Effect] {
        at = at + pace
        scenes.append(tree)
        inputs.append((at, input))
        let made = loop.handle(input, now: Instant(nanoseconds: 0) + at)
        effects.append(made)
        if !made.isEmpty { next = made }
        return made
    }

    /// Plays to the end.
    mutating func play(from first: AgentLoop.Input = .began) -> AgentEnd? {
        feed(first)
        for _ in 0..<2_000 {
            guard let effect = next.first else { return nil }
            if case .finish(let end) = effect { return end }
            perform(effect)
        }
        Issue.record("It goes on for ever.")
        return nil
    }

    mutating func played(from first: AgentLoop.Input = .began) throws -> AgentEnd {
        guard let end = play(from: first) else { throw Failed() }
        return end
    }

    mutating func perform(_ effect: AgentLoop.Effect) {
        switch effect {
        case .describeModel: feed(.described(info))
        case .checkBase: feed(base)
        case .save: feed(.saved(tree.save()))
        case .ask(let request):
            asked.append(request)
            feed(model(loop.steps + 1, request))
        case .run(let call):
            if call.changesSomething { feed(.callBegan(id: call.id)) }
            let result = tree.run(call)
            feed(.called(id: call.id, result))
        case .verify: feed(.verified(tree.check()))
        case .restore(let name):
            tree.restore(name)
            feed(.restored)
        case .finish: break
        }
    }
}

extension AgentTask {
    static func sample(
        _ instruction: String = "Set x to 2 in a.py.",
        paths: [String] = [],
        mode: AgentMode? = nil,
        contextTokens: Int64 = 16_384,
        limits: AgentLimits = AgentLimits()
    ) -> AgentTask {
        AgentTask(
            id: "t1",
            instruction: instruction,
            paths: paths,
            workspace: "/work",
            model: Sample.coder,
            mode: mode,
            contextTokens: contextTokens,
            limits: limits
        )
    }
}

/// Answers of a model, as the loop gets them.
extension AgentLoop.Input {
    static func says(_ text: String) -> AgentLoop.Input {
        .answered(ReadReply(text: text, thinking: "", content: .prose), ModelUsage(promptTokens: 100, outputTokens: 10))
    }

    static func calls(_ calls: (String, JSONObject)..., id: String = "c") -> AgentLoop.Input {
        let made = calls.enumerated().map {
            ReadCall.ready(ToolCall(id: "\(id)\($0.offset)", name: $0.element.0, arguments: $0.element.1))
        }
        return .answered(
            ReadReply(text: "", thinking: "", content: .calls(made)),
            ModelUsage(promptTokens: 100, outputTokens: 10)
        )
    }

    static func writes(_ path: String, _ content: String, id: String = "c") -> AgentLoop.Input {
        calls(("write_file", ["path": .string(path), "content": .string(content)]), id: id)
    }

    static func finishes(_ summary: String = "Done.", id: String = "c") -> AgentLoop.Input {
        calls(("finish", ["summary": .string(summary)]), id: id)
    }

    static var garbles: AgentLoop.Input {
        .answered(ReadReply(text: "{", thinking: "", content: .unreadable(.unfinishedCall)), ModelUsage())
    }

    static func fails(_ code: ModelFailure.Code) -> AgentLoop.Input {
        .modelFailed(ModelFailure(code, "It failed.", at: ModelPlace(model: Sample.coder, endpoint: "http://x")))
    }
}

extension AgentEnd {
    var cause: FailureCause? { if case .failed(let failure) = way { failure.cause } else { nil } }
    var detail: String { if case .failed(let failure) = way { failure.detail } else { "" } }
}

struct Failed: Error {}
