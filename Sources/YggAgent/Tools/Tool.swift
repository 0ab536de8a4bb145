/// One tool: what it says of itself, and what it does.
protocol Tool: Sendable {
    var spec: ToolSpec { get }
    /// Parameters that may be a list of strings as well.
    var listable: Set<String> { get }
    /// - Throws: where nothing was done.
    func run(_ arguments: ToolArguments) async throws(ToolRefusal) -> ToolResult
}

extension Tool {
    var listable: Set<String> { [] }
}
