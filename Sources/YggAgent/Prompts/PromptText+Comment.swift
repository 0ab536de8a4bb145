extension PromptText {
    /// What a person says about the work so far.
    package static let comment = PromptText(
        name: "comment",
        text: """
            The person who gave you the task says:
            {text}
            Go on with the task accordingly.
            """
    )
}
