/// Names and values below each other, for one thing instead of a list of them.
struct Details: Sendable {
    private var entries: [(name: String, value: Table.Cell)] = []

    /// Adds a line where there is a value.
    mutating func add(_ name: String, _ value: String?, _ emphasis: Style.Emphasis? = nil) {
        guard let value, !value.isEmpty else { return }
        entries.append((name, Table.Cell(value, emphasis)))
    }

    func rendered(style: Style) -> String {
        let width = entries.reduce(0) { max($0, DisplayText.width($1.name)) }
        return entries.map { entry in
            let space = String(repeating: " ", count: width - DisplayText.width(entry.name) + 2)
            return "\(style(.dim, entry.name))\(space)\(style(entry.value.emphasis, entry.value.text))\n"
        }
        .joined()
    }
}
