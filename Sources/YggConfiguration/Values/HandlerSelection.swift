import YggCore

/// Which of the handlers it has an executor offers.
package enum HandlerSelection: Sendable, Hashable {
    case all
    /// Prefixes without their dash (`ops`) and single kinds (`ops-disk`), at least one.
    case only([String])

    /// - Parameter names: `ops`, `ops-` and `ops-disk` are names; `all` stands alone.
    package init(names: [String]) throws(ValueProblem) {
        if names == ["all"] {
            self = .all
            return
        }
        var selected: [String] = []
        for name in names {
            let name = name.hasSuffix("-") ? String(name.dropLast()) : name
            guard name != "all", TaskKind("\(name)-x") != nil else {
                throw ValueProblem(mustBe: "prefixes and kinds such as ops and git-log, or all alone", not: name)
            }
            selected.append(name)
        }
        guard !selected.isEmpty else { throw ValueProblem("must name at least one handler, or be all") }
        self = .only(selected)
    }

    package var names: [String] {
        switch self {
        case .all: ["all"]
        case .only(let names): names
        }
    }
}

extension TextForm where Value == HandlerSelection {
    static let handlers = TextForm(
        parse: { text throws(ValueProblem) in
            try HandlerSelection(names: text.split(separator: ",").map(trimmed))
        },
        text: { $0.names.joined(separator: ",") }
    )
}
