extension PromptText {
    /// When a model talks instead of acting.
    package static let noCall = PromptText(
        name: "noCall",
        text: """
            You called no tool, so nothing was done. Go on with the task: call one tool. When the task is done, call finish.
            """
    )
}
