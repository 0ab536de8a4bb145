extension PromptText {
    /// In place of the result of a call that was running when the machine stopped.
    package static let interrupted = PromptText(
        name: "interrupted",
        text: """
            [Interrupted: the machine stopped while this ran. It may have been done, in part or not at all. Look before you go on, and repeat it only if it was not done.]
            """
    )
}
