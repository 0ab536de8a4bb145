package import YggCore

/// What came of a tool call: words for the model, and a record for the evidence.
package struct ToolResult: Sendable, Hashable {
    /// For the model: bounded, and without control characters.
    package var text: String
    /// The call was refused or could not be done, and changed nothing. A command that ends with another code than 0
    /// is no error of the tool.
    package var isError: Bool
    package var record: ToolRecord

    package init(_ text: String, isError: Bool = false, record: ToolRecord = ToolRecord()) {
        self.text = text
        self.isError = isError
        self.record = record
    }
}

/// What a tool call did, for evidence and for the loop's own checks. It never reaches the model.
package struct ToolRecord: Sendable, Hashable {
    /// The command that ran, as the model asked for it: without what isolates it.
    package var argv: [String]?
    /// Where it ran, below the workspace.
    package var directory: String?
    /// nil while nothing ran, and for a command that was ended.
    package var exitCode: Int32?
    /// How a command ended that did not end by itself: `time-limit`, `cancelled`, `out-of-memory`, `signal-N`,
    /// `not-started`.
    package var ended: String?
    package var duration: Duration?
    /// All bytes that were read from a file, written to one, or said by a command, whatever of them the model was shown.
    package var bytes = 0
    /// The files that were written, below the workspace.
    package var files: [String] = []

    package init() {}

    package var json: JSON {
        var object = JSONObject()
        object.append("argv", argv.map { .array($0.map(JSON.string)) })
        object.append("directory", .optional(directory))
        object.append("exitCode", .optional(exitCode.map(Int64.init)))
        object.append("ended", .optional(ended))
        object.append("milliseconds", .optional(duration.map { Int64($0 / .milliseconds(1)) }))
        object.append("bytes", .int(Int64(bytes)))
        if !files.isEmpty { object.append("files", .array(files.map(JSON.string))) }
        return .object(object)
    }
}

/// Why a tool does not do what it is asked: whole sentences for the model, with what to do instead.
package struct ToolRefusal: Error, Hashable {
    package var sentence: String
    package var record: ToolRecord
    /// It is about a place that nobody here may reach, and not about one that is missing or of another kind.
    var isForbidden: Bool

    package init(_ sentence: String, record: ToolRecord = ToolRecord()) {
        self.sentence = sentence
        self.record = record
        isForbidden = false
    }

    static func forbidden(_ sentence: String) -> ToolRefusal {
        var refusal = ToolRefusal(sentence)
        refusal.isForbidden = true
        return refusal
    }
}
