import YggCore

/// What came of the exercises.
struct EvalReport: Sendable {
    struct Result: Sendable {
        enum Ending: Sendable, Hashable {
            case solved
            /// One of the causes that a task ends with, or what the check says.
            case unsolved(cause: String, detail: String)
            /// It was not tried, as something is missing here.
            case skipped(String)
        }

        var name: String
        var sort: Exercise.Sort
        var ending: Ending
        var steps: Int64 = 0
        var tokens: Int64 = 0
        /// Written by the model, per second of its answers; nil where it wrote nothing.
        var rate: Double?
        var duration: Milliseconds = .zero
    }

    var model: String
    var isScripted: Bool
    /// How long it took until the model was in memory.
    var loading: Milliseconds = .zero
    var results: [Result] = []

    private var tried: [Result] { results.filter { if case .skipped = $0.ending { false } else { true } } }
    private var solved: Int { results.count { $0.ending == .solved } }
    private var whole: Milliseconds { tried.reduce(.zero) { $0 + $1.duration } }

    var table: Table {
        Table(
            [
                .init("EXERCISE"), .init("SORT"), .init("SOLVED"), .init("STEPS", alignment: .right),
                .init("TOKENS", alignment: .right), .init("TOKENS/S", alignment: .right),
                .init("MINUTES", alignment: .right), .init("CAUSE", isFlexible: true),
            ],
            rows: results.map(Self.row)
        )
    }

    private static func row(_ result: Result) -> [Table.Cell] {
        let isTried: Bool
        let word: Table.Cell
        var cause = ""
        switch result.ending {
        case .solved: (word, isTried) = (.init("yes", .green), true)
        case .unsolved(let code, let detail): (word, isTried, cause) = (.init("no", .red), true, "\(code): \(detail)")
        case .skipped(let reason): (word, isTried, cause) = (.init("skipped", .yellow), false, reason)
        }
        return [
            .init(result.name), .init(result.sort.rawValue), word, .init(isTried ? String(result.steps) : ""),
            .init(isTried ? String(result.tokens) : ""), .init(result.rate.map(decimal) ?? ""),
            .init(isTried ? minutes(result.duration) : ""), .init(cause),
        ]
    }

    /// The last line.
    var line: String {
        let skipped = results.count - tried.count
        let tokens = tried.reduce(0) { $0 + $1.tokens }
        return "\(solved) of \(tried.count) solved by \(model) in \(Self.minutes(whole)) minutes with \(tokens) tokens"
            + (skipped > 0 ? ", \(skipped) skipped" : "")
            + (isScripted ? ". A scenario was played in the place of a model: this says nothing about one" : "")
    }

    var json: JSONObject {
        let items = results.map { result -> JSON in
            var item: JSONObject = [
                "name": .string(result.name), "sort": .string(result.sort.rawValue),
                "solved": .bool(result.ending == .solved), "steps": .int(result.steps), "tokens": .int(result.tokens),
                "durationMs": .int(result.duration.rawValue),
            ]
            item.append("tokensPerSecond", result.rate.map(JSON.double))
            switch result.ending {
            case .solved: break
            case .unsolved(let cause, let detail):
                item.append("cause", .string(cause))
                item.append("detail", .string(detail))
            case .skipped(let reason): item.append("skipped", .string(reason))
            }
            return .object(item)
        }
        return [
            "model": .string(model), "scripted": .bool(isScripted), "items": .array(items),
            "solved": .int(Int64(solved)),
            "tried": .int(Int64(tried.count)), "durationMs": .int(whole.rawValue), "loadMs": .int(loading.rawValue),
        ]
    }

    private static func minutes(_ span: Milliseconds) -> String { decimal(Double(span.rawValue) / 60_000) }

    /// With one digit after the point.
    private static func decimal(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
