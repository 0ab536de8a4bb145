import YggAgent
import YggCore

enum Sample {
    static let coder = "qwen2.5-coder:3b"

    static let tools = [
        ToolSpec(
            name: "read_file",
            description: "Reads a file.",
            parameters: [
                .init("path", .string, "The file.", isRequired: true),
                .init("start_line", .integer, "The first line."),
            ]
        ),
        ToolSpec(
            name: "write_file",
            description: "Writes a file.",
            parameters: [
                .init("path", .string, "The file.", isRequired: true),
                .init("content", .string, "All of it.", isRequired: true),
            ]
        ),
        ToolSpec(
            name: "run_command",
            description: "Runs a command.",
            parameters: [.init("command", .string, "The program and its arguments.", isRequired: true)]
        ),
        ToolSpec(
            name: "search_files",
            description: "Searches.",
            parameters: [
                .init("pattern", .string, "What to search.", isRequired: true),
                .init("ignore_case", .boolean, "Case does not count."),
            ]
        ),
        ToolSpec(name: "git_status", description: "Shows what has changed.", parameters: []),
    ]

    static func request(
        _ text: String = "Read a.py.",
        model: String = coder,
        tools: [ToolSpec] = tools
    ) -> ModelRequest {
        ModelRequest(model: model, system: "You are careful.", messages: [.user(text)], tools: tools)
    }

    static let readFile: JSON = ["name": "read_file", "arguments": ["path": "a.py"]]
}

extension ModelReply {
    init(text: String, end: EndReason = .stop, outputTokens: Int64 = 10) {
        self.init()
        self.text = text
        self.end = end
        usage.outputTokens = outputTokens
    }
}

/// The failure that `body` throws.
func modelFailure(_ body: () async throws -> Void) async -> ModelFailure? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ModelFailure
    }
}
