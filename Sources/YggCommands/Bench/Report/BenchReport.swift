import YggCore

/// Writes every figure as it becomes known, and keeps them for the table at the end.
final class BenchReport {
    private let isForPeople: Bool
    private var metrics: [BenchMetric] = []
    /// The machine's limits as measured in this run, by metric.
    private var raw: [String: Double] = [:]

    /// - Parameter isForPeople: whether a table follows the lines.
    init(isForPeople: Bool) { self.isForPeople = isForPeople }

    func add(_ metric: BenchMetric) {
        if metric.name.hasPrefix("raw.") { raw[metric.name] = metric.value }
        metrics.append(metric)
        Console.out(JSON.object(metric.json(raw: raw)).text + "\n")
    }

    /// A word on what is being done, for a person who waits.
    func note(_ text: String) {
        guard Terminal.error.isTerminal else { return }
        Console.error(Terminal.error.style(.dim, "bench: \(text)") + "\n")
    }

    func finish() {
        guard isForPeople else { return }
        let terminal = Terminal.output
        let table = Table(
            [
                Table.Column("METRIC"), Table.Column("VALUE", alignment: .right), Table.Column("UNIT"),
                Table.Column("P50", alignment: .right), Table.Column("P99", alignment: .right), Table.Column("BUDGET"),
                Table.Column("MET"),
            ],
            rows: metrics.map(row)
        )
        Console.out("\n" + table.rendered(width: terminal.width, style: terminal.style))
    }

    private func row(_ metric: BenchMetric) -> [Table.Cell] {
        let met: Table.Cell =
            switch metric.isMet {
            case true?: Table.Cell("yes", .green)
            case false?: Table.Cell("no", .red)
            case nil: Table.Cell("")
            }
        return [
            Table.Cell(metric.name, .bold), Table.Cell(BenchNumber.text(metric.value)), Table.Cell(metric.unit),
            Table.Cell(metric.p50.map(BenchNumber.text) ?? ""), Table.Cell(metric.p99.map(BenchNumber.text) ?? ""),
            Table.Cell(metric.budget?.text ?? ""), met,
        ]
    }
}
