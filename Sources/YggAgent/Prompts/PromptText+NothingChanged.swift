extension PromptText {
    /// When a model ends its work without having changed anything.
    package static let nothingChanged = PromptText(
        name: "nothingChanged",
        text: """
            No file differs from what it was at the beginning, so the task is not done yet. Make the change. If nothing has to be changed, say so once more, and why.
            """
    )
}
