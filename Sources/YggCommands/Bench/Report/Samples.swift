/// Durations as they were measured, in nanoseconds. Percentiles come from all of them, never from a histogram.
struct Samples: Sendable {
    private var values: [Int64] = []
    private var isSorted = true

    var count: Int { values.count }

    mutating func add(_ nanoseconds: Int64) {
        values.append(nanoseconds)
        isSorted = false
    }

    /// The nearest-rank percentile in milliseconds; zero where nothing was measured.
    /// - Parameter percent: from 0 to 100.
    mutating func milliseconds(atPercent percent: Double) -> Double {
        if !isSorted {
            values.sort()
            isSorted = true
        }
        guard let last = values.last else { return 0 }
        let rank = Int((percent / 100 * Double(values.count)).rounded(.up))
        let value = rank < values.count ? values[max(0, rank - 1)] : last
        return Double(value) / 1_000_000
    }
}
