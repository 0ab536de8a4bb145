extension PromptText {
    /// When the files were set back.
    package static let setBack = PromptText(
        name: "setBack",
        text: """
            [The files were set back to the best state so far. Read a file again before you change it.]
            """
    )
}
