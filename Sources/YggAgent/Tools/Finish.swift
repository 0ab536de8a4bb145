/// Says that the work is done. What it did is judged by the loop, not here.
struct Finish: Tool {
    /// The loop knows it by this name.
    static let name = "finish"

    let spec = ToolSpec(
        name: Finish.name,
        description: "Ends the work. Call it when the task is done, or when it cannot be done.",
        parameters: [.init("summary", .string, "What was changed and why, in a few sentences.", isRequired: true)]
    )

    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult {
        let summary = try arguments.required("summary")
        guard summary.contains(where: { !$0.isWhitespace }) else {
            throw ToolRefusal("summary is empty. Say in a few sentences what was changed and why.")
        }
        return ToolResult(summary)
    }
}
