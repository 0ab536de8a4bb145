import Testing
import YggAgent
import YggCore

struct ToolSpecTests {
    @Test func `a tool is described as a flat schema`() {
        let spec = ToolSpec(
            name: "read_file",
            description: "Reads a file.",
            parameters: [
                .init("path", .string, "The file.", isRequired: true),
                .init("first", .integer, "The first line."),
            ]
        )
        #expect(
            spec.schema == [
                "type": "object",
                "properties": [
                    "path": ["type": "string", "description": "The file."],
                    "first": ["type": "integer", "description": "The first line."],
                ],
                "required": ["path"],
            ]
        )
    }
}
