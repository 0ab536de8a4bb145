package import YggCore

/// One submission of the load, and what follows it.
package struct Operation: Sendable, Hashable {
    /// How a submission whose answer was lost is known again.
    package enum Identity: Sendable, Hashable {
        /// An `Idempotency-Key`.
        case key
        /// An id of the client's own.
        case ownID
    }

    package var number: Int
    package var at: Milliseconds
    package var kind: String
    package var params: JSONObject
    package var identity: Identity
    /// The operation whose task it waits for.
    package var after: Int?
    /// How long after its acknowledgement it is cancelled.
    package var cancelledAfter: Milliseconds?
    /// Whether it is sent once more though it was answered.
    package var isRepeated: Bool

    /// What its task is called: how a task is traced to what asked for it.
    package var mark: String { Self.mark(number) }

    package static func mark(_ number: Int) -> String { "op-\(number)" }
    package static func number(of mark: String) -> Int? {
        mark.hasPrefix("op-") ? Int(mark.dropFirst("op-".count)) : nil
    }

    package init(
        number: Int,
        at: Milliseconds,
        kind: String,
        params: JSONObject = JSONObject(),
        identity: Identity = .key,
        after: Int? = nil,
        cancelledAfter: Milliseconds? = nil,
        isRepeated: Bool = false
    ) {
        self.number = number
        self.at = at
        self.kind = kind
        self.params = params
        self.identity = identity
        self.after = after
        self.cancelledAfter = cancelledAfter
        self.isRepeated = isRepeated
    }

    /// What its kind says it does.
    package var policy: Household.Kind { Household.kinds[kind] ?? Household.noop }

    /// The lines its work says.
    package var lines: Int { params["lines"]?.intValue.map { Int($0) } ?? 1 }
}

/// Everything that will be asked for, and when: a function of the seed.
package struct Workload: Sendable {
    package var operations: [Operation]

    /// - Parameter rate: submissions a second.
    package init(seed: UInt64, duration: Milliseconds, rate: Double) {
        var random = SeededRandom(seed: seed, stream: "load")
        let count = Int(Double(duration.rawValue) / 1000 * rate)
        let step = count > 0 ? Double(duration.rawValue) / Double(count) : 0
        operations = (0..<count).map { number in
            let at = Milliseconds(Int64(Double(number) * step + step * Double(random.int(0..<1000)) / 1000))
            return Self.operation(number, at: at, &random)
        }
    }

    private static func operation(_ number: Int, at: Milliseconds, _ random: inout SeededRandom) -> Operation {
        let isProcess = random.chance(28)
        let kind: Household.Kind =
            isProcess
            ? random.pick([Household.append, Household.append, Household.once, Household.index]) : Household.noop
        var operation = Operation(
            number: number,
            at: at,
            kind: kind.name,
            identity: random.chance(30) ? .ownID : .key,
            isRepeated: random.chance(10)
        )
        if isProcess { operation.params = params(of: kind, &random) }
        if number > 10, random.chance(10) { operation.after = number - random.int(1..<10) }
        if isProcess, random.chance(12) { operation.cancelledAfter = random.milliseconds(0..<4000) }
        return operation
    }

    private static func params(of kind: Household.Kind, _ random: inout SeededRandom) -> JSONObject {
        let runs =
            switch random.int(0..<100) {
            case 0..<45: random.int(0..<500)
            case 45..<70: random.int(1000..<4000)
            default: random.int(4000..<10_000)
            }
        return [
            "runsMs": .int(Int64(runs)),
            "lines": .int(Int64(random.chance(10) ? random.int(50..<200) : random.int(1..<6))),
            "failsBefore": .int(kind.mayRepeat && random.chance(15) ? Int64(random.int(2..<5)) : 0),
            "stubborn": .bool(random.chance(15)),
        ]
    }
}
