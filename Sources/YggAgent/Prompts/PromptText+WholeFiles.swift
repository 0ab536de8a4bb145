extension PromptText {
    /// Asks for whole files, where the model calls no tools. The task comes first and, in short, last.
    package static let wholeFiles = PromptText(
        name: "wholeFiles",
        text: """
            Task:
            {task}
            {guidance}
            The files as they are now:

            {files}
            {feedback}
            Answer with every file that has to change, each in this form: a line with its path, then the complete new content between fences.

            path/to/file.ext
            ```
            complete new content
            ```

            The task again: {short}
            """
    )
}
