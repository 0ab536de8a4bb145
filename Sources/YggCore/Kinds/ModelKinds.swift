extension KindSpec {
    /// The kinds that ask a model, or the server of one.
    static let models: [KindSpec] = [
        KindSpec(
            kind: TaskKind(trusted: "llm-prompt"),
            description: "Asks a model one question and streams the answer",
            params: [
                ParameterSpec("prompt", text, required: true, allowDash: true, description: "The question"),
                ParameterSpec("system", text, allowDash: true, description: "What the model is told before it"),
                model,
                ParameterSpec("format", .object, description: "A JSON Schema that the answer must follow"),
                ParameterSpec("temperature", .number(min: 0, max: 2), description: "Default: the server's"),
                ParameterSpec(
                    "maxTokens",
                    .integer(min: 1, max: 1_000_000),
                    description: "The longest answer in tokens; default: what the context leaves"
                ),
            ],
            asksModel: true
        ),
        KindSpec(
            kind: TaskKind(trusted: "ollama-list"),
            description: "The models that are installed",
            params: [provider]
        ),
        KindSpec(
            kind: TaskKind(trusted: "ollama-ps"),
            description: "The models in memory, and how much of each is on the graphics card",
            params: [provider]
        ),
        KindSpec(
            kind: TaskKind(trusted: "ollama-show"),
            description: "What a model is and can do",
            params: [model]
        ),
        KindSpec(
            kind: TaskKind(trusted: "ollama-pull"),
            description: "Fetches a model; goes on where an earlier fetch was broken off",
            params: [model],
            timeout: .hours(12)
        ),
    ]

    private static let text = ParameterSpec.ValueType.string(pattern: nil, choices: [])

    private static let model = ParameterSpec(
        "model",
        text,
        description: "As provider/model, such as ollama/qwen2.5-coder:3b; default: the executor's models.default"
    )

    private static let provider = ParameterSpec(
        "provider",
        text,
        description: "Its name under models.providers; default: that of models.default"
    )
}
