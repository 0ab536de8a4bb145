package import YggCore

/// What came of code that was sent along instead of a repository.
package struct InlineAnswer: Sendable, Hashable {
    package enum Validity: String, Sendable, Hashable, CaseIterable {
        case valid
        case invalid
        /// No program that could tell is installed here.
        case unchecked
    }

    package var output: String
    /// One or two sentences: what was done, and how it was checked.
    package var summary: String
    package var language: String
    package var validity: Validity
    package var framework: String?
    package var docstringStyle: String?
    package var linter: String?
    /// How many of the linter's complaints are gone; nil where no linter was run.
    package var fixedErrors: Int?
    /// The programs that were run over the code, for the evidence.
    package var commands: [ToolRecord] = []
    /// How often a model was asked: not at all where a formatter did it.
    package var questions = 0

    /// The members of a task's result.
    package var result: JSONObject {
        var result: JSONObject = [
            "output": .string(output), "summary": .string(summary), "language": .string(language),
            "validity": .string(validity.rawValue),
        ]
        result.append("framework", .optional(framework))
        result.append("docstringStyle", .optional(docstringStyle))
        result.append("linter", .optional(linter))
        result.append("fixedErrors", .optional(fixedErrors.map(Int64.init)))
        return result
    }
}

/// Why there is no answer.
package struct InlineFailure: Error, Sendable, Hashable {
    /// `no-code`: the model gave none, twice. `invalid-params`: there is nothing to work on.
    package var code: String
    /// One sentence, and what to do next.
    package var detail: String
}
