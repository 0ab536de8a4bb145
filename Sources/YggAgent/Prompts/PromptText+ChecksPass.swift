extension PromptText {
    /// After a change that broke nothing.
    package static let checksPass = PromptText(
        name: "checksPass",
        text: """
            The checks were run after your change: nothing fails that did not fail before. If the task is done, call finish with a summary; if not, go on.
            """
    )
}
