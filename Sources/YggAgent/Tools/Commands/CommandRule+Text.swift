extension CommandRule {
    /// By which names it is known: `jest, vitest`.
    package var names: String { programs.joined(separator: ", ") }

    /// What it allows, in one line: `build, test; without --config`.
    package var allowance: String {
        var parts: [String] = []
        if !subcommands.isEmpty { parts.append(subcommands.joined(separator: ", ")) }
        switch operands {
        case .none: parts.append("nothing further")
        case .script: parts.append("a script of the workspace")
        case .patternThenPaths: parts.append("a pattern, then paths")
        case .linesThenPaths: parts.append("lines to print, then paths")
        case .paths, .text: break
        }
        switch options {
        case .any: break
        case .only(let names): parts.append(names.isEmpty ? "no options" : "options \(names.joined(separator: " "))")
        case .except(let names): parts.append("without \(names.joined(separator: " "))")
        }
        return parts.isEmpty ? "whatever stays in the workspace" : parts.joined(separator: "; ")
    }
}
