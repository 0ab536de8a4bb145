import YggCore

/// One figure, and everything that is needed to believe it.
struct BenchMetric: Sendable {
    var name: String
    var value: Double
    var unit: String
    var p50: Double?
    var p99: Double?
    var budget: BenchBudget?
    /// What else was seen, by name.
    var details: JSONObject
    /// The raw limits of the machine that this figure is to be held against.
    var limits: [String]
    var cpu: CPUUse?

    init(
        _ name: String,
        _ value: Double,
        unit: String,
        p50: Double? = nil,
        p99: Double? = nil,
        budget: BenchBudget? = nil,
        details: JSONObject = JSONObject(),
        limits: [String] = [],
        cpu: CPUUse? = nil
    ) {
        self.name = name
        self.value = value
        self.unit = unit
        self.p50 = p50
        self.p99 = p99
        self.budget = budget
        self.details = details
        self.limits = limits
        self.cpu = cpu
    }

    /// Durations in milliseconds: the value is the median.
    init(
        _ name: String,
        _ samples: Samples,
        budget: BenchBudget? = nil,
        details: JSONObject = JSONObject(),
        cpu: CPUUse? = nil
    ) {
        var samples = samples
        let p50 = samples.milliseconds(atPercent: 50)
        var details = details
        details.append("samples", .int(Int64(samples.count)))
        details.append("maxMs", BenchNumber.json(samples.milliseconds(atPercent: 100)))
        self.init(
            name,
            p50,
            unit: "ms",
            p50: p50,
            p99: samples.milliseconds(atPercent: 99),
            budget: budget,
            details: details,
            cpu: cpu
        )
    }

    var isMet: Bool? { budget.map { $0.isMet(value: value, p50: p50, p99: p99) } }

    /// - Parameter raw: the raw limits that were measured in this run, by name.
    func json(raw: [String: Double]) -> JSONObject {
        var object: JSONObject = [
            "metric": .string(name), "value": BenchNumber.json(value), "unit": .string(unit),
        ]
        object.append("p50", p50.map(BenchNumber.json))
        object.append("p99", p99.map(BenchNumber.json))
        object.append("budget", budget.map { .object($0.json) })
        object.append("met", isMet.map(JSON.bool))
        let ratios = limits.compactMap { name in raw[name].map { (name, BenchNumber.json(value / $0)) } }
        if !ratios.isEmpty { object.append("ratioTo", .object(JSONObject(ratios))) }
        for member in details.members { object.append(member.key, member.value) }
        object.append("cpu", cpu.map { .object($0.json) })
        return object
    }
}
