import YggCore

/// What a figure is held to.
enum BenchBudget: Sendable {
    case atLeast(Double)
    case atMost(Double)
    /// For durations: the median, the 99th percentile, or both.
    case percentiles(p50: Double? = nil, p99: Double? = nil)

    func isMet(value: Double, p50: Double?, p99: Double?) -> Bool {
        switch self {
        case .atLeast(let bound): value >= bound
        case .atMost(let bound): value <= bound
        case .percentiles(let median, let tail):
            (p50 ?? value) <= (median ?? .infinity) && (p99 ?? value) <= (tail ?? .infinity)
        }
    }

    var json: JSONObject {
        var object = JSONObject()
        switch self {
        case .atLeast(let bound): object.append("atLeast", .double(bound))
        case .atMost(let bound): object.append("atMost", .double(bound))
        case .percentiles(let median, let tail):
            object.append("p50AtMost", median.map(JSON.double))
            object.append("p99AtMost", tail.map(JSON.double))
        }
        return object
    }

    var text: String {
        switch self {
        case .atLeast(let bound): "≥ \(BenchNumber.text(bound))"
        case .atMost(let bound): "≤ \(BenchNumber.text(bound))"
        case .percentiles(let median, let tail):
            [median.map { "p50 ≤ \(BenchNumber.text($0))" }, tail.map { "p99 ≤ \(BenchNumber.text($0))" }]
                .compactMap(\.self).joined(separator: ", ")
        }
    }
}

/// Numbers as the report writes them.
enum BenchNumber {
    /// Three decimals are more than any of this is sure of.
    static func json(_ value: Double) -> JSON { .double((value * 1000).rounded() / 1000) }

    /// Three significant places or whole numbers, with thousands apart.
    static func text(_ value: Double) -> String {
        if value >= 100 { return grouped(Int(value.rounded())) }
        let scale = value >= 10 ? 10.0 : 100.0
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }

    private static func grouped(_ value: Int) -> String {
        var text = ""
        for (index, digit) in String(value).reversed().enumerated() {
            if index > 0, index.isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}
