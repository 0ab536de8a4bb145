extension PromptText {
    /// After a change that broke something.
    package static let checksFail = PromptText(
        name: "checksFail",
        text: """
            The checks were run after your change, and something fails that did not fail before:
            {feedback}
            Repair it. {left}
            """
    )
}
