/// A kind of work on code, as data: what the model is told, what a task may say, and what its result is checked with.
///
/// What runs it is the same for all of them. A household adds its own under `codeKinds:`.
package struct CodeKind: Sendable, Hashable {
    /// What has to be right before the result counts.
    package enum Verification: String, Sendable, Hashable, CaseIterable {
        /// Nothing fails that did not fail before; without tests the result is unverified.
        case test
        /// The linter complains of nothing that it did not complain of before.
        case lint
        /// The formatter has nothing to change.
        case format
        /// Whatever checks the project has, none of which is needed: of what changes no behaviour.
        case checker
        /// Nothing is run.
        case none
    }

    /// How a model is led through the work.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        /// `agent` where the model can call tools, else `pipeline`.
        case auto
        /// The model calls tools, one after the other.
        case agent
        /// The harness finds, asks for whole files, checks and asks for repairs.
        case pipeline
    }

    package var kind: TaskKind
    package var description: String
    /// What the model is told, with `{{name}}` where a parameter or a fact goes. A line of which every placeholder is
    /// empty is left out.
    package var prompt: String
    /// What a task may say besides what every kind of work on code understands, see ``commonParams``.
    package var params: [ParameterSpec]
    /// Parameters of which a task must give one at least; empty where the prompt says enough without them.
    package var needsOneOf: [String]
    /// The language that is meant where neither the task nor the files say one.
    package var language: String
    package var tier: [Tier]
    package var verification: Verification
    package var mode: Mode

    package init(
        kind: TaskKind,
        description: String,
        prompt: String,
        params: [ParameterSpec] = [],
        needsOneOf: [String] = [],
        language: String = "python",
        tier: [Tier] = [],
        verification: Verification = .test,
        mode: Mode = .auto
    ) {
        self.kind = kind
        self.description = description
        self.prompt = prompt
        self.params = params
        self.needsOneOf = needsOneOf
        self.language = language
        self.tier = tier
        self.verification = verification
        self.mode = mode
    }

    /// The kind as the fleet knows it.
    /// - Parameter origin: built in, or a household's own.
    package func spec(origin: KindSpec.Origin) -> KindSpec {
        KindSpec(
            kind: kind,
            description: description,
            params: Self.commonParams + params,
            tier: tier,
            origin: origin,
            asksModel: true,
            needsOneOf: needsOneOf
        )
    }

    /// What a placeholder may name besides parameters: what the harness finds out about the repository.
    package static let facts = ["facts", "findings"]

    /// The prompt for these values.
    /// - Parameter values: by parameter or fact; what has no value is empty.
    package func prompt(_ values: [String: String]) -> String {
        var lines: [String] = []
        for line in prompt.split(separator: "\n", omittingEmptySubsequences: false) {
            let pieces = TemplatePiece.pieces(of: String(line))
            let names = pieces.compactMap(\.placeholderName)
            if !names.isEmpty, names.allSatisfy({ values[$0]?.isEmpty ?? true }) { continue }
            let text = pieces.map { piece in
                switch piece {
                case .text(let text): text
                case .placeholder(let name): values[name] ?? ""
                }
            }
            lines.append(text.joined())
        }
        // What was left out between two empty lines leaves one.
        var text = ""
        for line in lines where !(line.isEmpty && (text.isEmpty || text.hasSuffix("\n\n"))) { text += line + "\n" }
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}

// MARK: - Parameters

extension CodeKind {
    /// What a task of any of these kinds may say.
    package static let commonParams: [ParameterSpec] = [
        ParameterSpec(
            "repo",
            .repository,
            required: false,
            description: "A path on the executor's machine, or a URL; without it, code is taken and answered inline"
        ),
        text("ref", default: "main", "The branch, tag or commit to begin from"),
        text("target", default: "main", "The branch to land on; made from ref where there is none"),
        ParameterSpec("paths", .strings, description: "The files or directories that the work is about"),
        text("spec", "What is wanted"),
        text("instruction", "What is wanted, in other words than spec or besides it"),
        ParameterSpec(
            "code",
            .string(pattern: nil, choices: []),
            allowDash: true,
            description: "The code, where there is no repository"
        ),
        text("language", "Default: what the files say, else python"),
        ParameterSpec("test", .strings, allowDash: true, description: "The command that tests, as an array"),
        ParameterSpec("lint", .strings, allowDash: true, description: "The command that lints, as an array"),
        text("model", "Provider and model, as in ollama/qwen2.5-coder:3b"),
        ParameterSpec("maxSteps", .integer(min: 1, max: 500), description: "How many steps the agent may take"),
        ParameterSpec(
            "land",
            .string(pattern: nil, choices: ["merge", "branch"]),
            description: "Onto the target, or as a branch of its own"
        ),
        ParameterSpec("push", .boolean, description: "Whether to push after landing"),
    ]

    private static func text(_ name: String, default fallback: JSON? = nil, _ description: String) -> ParameterSpec {
        let isProse = ["spec", "instruction"].contains(name)
        return ParameterSpec(
            name,
            .string(pattern: nil, choices: []),
            default: fallback,
            allowDash: isProse,
            description: description
        )
    }
}
