extension PromptText {
    /// The task itself: the first message of a conversation.
    package static let task = PromptText(
        name: "task",
        text: """
            Task:
            {task}
            {paths}{guidance}
            """
    )
}
