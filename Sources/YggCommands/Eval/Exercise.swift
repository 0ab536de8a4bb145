import YggCore

/// A small piece of work whose solution a command can check.
struct Exercise: Sendable {
    /// What is practised.
    enum Sort: String, Sendable {
        /// Code that does something it did not do.
        case edit
        /// A test that fails.
        case fix
        /// What a linter complains about.
        case lint
    }

    var name: String
    var sort: Sort
    var instruction: String
    /// By path below the repository.
    var files: [(path: String, text: String)]
    /// What says whether it is solved, run in the repository.
    var check: [String]

    var kind: TaskKind { TaskKind(trusted: sort == .lint ? "code-fix-lint" : "code-refactor") }

    /// The program without which it cannot be done here.
    var tool: String { check[0] }

    func params(repository: String, model: String?) -> JSONObject {
        var params: JSONObject = [
            "repo": .string(repository), "instruction": .string(instruction), "target": "main", "ref": "main",
            sort == .lint ? "lint" : "test": .array(check.map(JSON.string)),
        ]
        params.append("model", .optional(model))
        return params
    }
}
