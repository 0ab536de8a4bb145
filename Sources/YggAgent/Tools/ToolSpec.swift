package import YggCore

/// What a model is told of a tool.
///
/// Parameters are flat, because small models fill nothing else dependably, and of the few JSON Schema words that
/// survive Ollama's rendering.
package struct ToolSpec: Sendable, Hashable {
    package struct Parameter: Sendable, Hashable {
        package enum Kind: String, Sendable { case string, integer, boolean }

        package var name: String
        package var kind: Kind
        /// One sentence for the model.
        package var description: String
        package var isRequired: Bool

        package init(_ name: String, _ kind: Kind, _ description: String, isRequired: Bool = false) {
            self.name = name
            self.kind = kind
            self.description = description
            self.isRequired = isRequired
        }
    }

    package var name: String
    /// One or two sentences for the model.
    package var description: String
    package var parameters: [Parameter]

    package init(name: String, description: String, parameters: [Parameter]) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }

    /// The parameters as a JSON Schema object.
    package var schema: JSON {
        let properties = parameters.map { parameter in
            (
                parameter.name,
                ["type": .string(parameter.kind.rawValue), "description": .string(parameter.description)] as JSON
            )
        }
        return [
            "type": "object",
            "properties": .object(JSONObject(properties)),
            "required": .array(parameters.filter(\.isRequired).map { .string($0.name) }),
        ]
    }
}
