extension PromptText {
    /// When a model does the same thing again.
    package static let repeated = PromptText(
        name: "repeated",
        text: """
            [You did exactly this before, with the same result. Do something else, or call finish.]
            """
    )
}
