extension PromptText {
    /// In place of what was dropped from a conversation that became too long.
    package static let compacted = PromptText(
        name: "compacted",
        text: """
            [{count} earlier turns are left out here to save room.]
            Files changed so far: {files}
            What the checks said last: {feedback}
            Read a file again before you change it.
            """
    )
}
