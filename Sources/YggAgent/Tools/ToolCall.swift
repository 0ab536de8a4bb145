package import YggCore

/// What a model asks for: one tool, with its arguments as the model wrote them.
///
/// The arguments are not checked yet: names may be wrong, values of another type. That is the tool's to say.
package struct ToolCall: Sendable, Hashable {
    /// As the model's server named it; made up, and unique in its conversation, where it did not.
    package var id: String
    package var name: String
    package var arguments: JSONObject

    package init(id: String, name: String, arguments: JSONObject) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
