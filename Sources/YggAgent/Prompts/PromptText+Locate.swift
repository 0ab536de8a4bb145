extension PromptText {
    /// Asks which files are to be changed, where the model calls no tools.
    package static let locate = PromptText(
        name: "locate",
        text: """
            Task:
            {task}
            {guidance}
            The files of the repository:
            {listing}
            {matches}
            Which files have to be changed or made for this task? Answer with their paths alone, one a line, at most {count}, the most important first.
            {feedback}
            """
    )
}
