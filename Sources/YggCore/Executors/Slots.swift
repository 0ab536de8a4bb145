/// Named counters: how much an executor can do at once, or how much of that a task takes.
///
/// A plain name (`default`, `gpu`) belongs to one executor; a name with `@` (`gpu@surtr`) to the whole fleet.
package struct Slots: Sendable, Hashable {
    package private(set) var counts: [Count]

    package struct Count: Sendable, Hashable {
        package let name: String
        package var amount: Int
    }

    package init(_ counts: [String: Int] = [:]) {
        self.counts = counts.map { Count(name: $0.key, amount: $0.value) }.sorted { $0.name < $1.name }
    }

    package static let one = Slots(["default": 1])

    /// The amount under `name`, 0 where there is none.
    package subscript(name: String) -> Int {
        get { counts.first { $0.name == name }?.amount ?? 0 }
        set {
            if let index = counts.firstIndex(where: { $0.name == name }) {
                counts[index].amount = newValue
            } else {
                counts.append(Count(name: name, amount: newValue))
                counts.sort { $0.name < $1.name }
            }
        }
    }

    package var isEmpty: Bool { counts.allSatisfy { $0.amount == 0 } }

    /// The part that belongs to one executor.
    package var local: Slots { filtered { !$0.contains("@") } }
    /// The part that belongs to the fleet.
    package var fleet: Slots { filtered { $0.contains("@") } }

    private func filtered(_ isIncluded: (String) -> Bool) -> Slots {
        var slots = self
        slots.counts.removeAll { !isIncluded($0.name) }
        return slots
    }

    /// Whether every counter of `need` is there; `extra` may be overdrawn on each.
    package func covers(_ need: Slots, extra: Int = 0) -> Bool {
        need.counts.allSatisfy { $0.amount <= 0 || self[$0.name] + extra >= $0.amount }
    }

    package static func += (left: inout Slots, right: Slots) {
        for count in right.counts { left[count.name] += count.amount }
    }

    package static func -= (left: inout Slots, right: Slots) {
        for count in right.counts { left[count.name] -= count.amount }
    }

    package var json: JSON { .object(JSONObject(counts.map { ($0.name, .int(Int64($0.amount))) })) }

    /// Reads `{"default": 4}`; every amount from 0 to 10,000.
    package init(_ json: JSON, at pointer: String) throws(InvalidInput) {
        var reader = try ObjectReader(json, at: pointer)
        var slots = Slots()
        for name in reader.object.keys {
            guard isSlotName(name) else {
                _ = reader.value(name)
                reader.complain(
                    name,
                    "is not a slot name: letters, digits, dot, dash and underscore, with one @ at most"
                )
                continue
            }
            if let amount = reader.int(name, in: 0...10_000) { slots[name] = Int(amount) }
        }
        try reader.finish()
        self = slots
    }
}

private func isSlotName(_ name: String) -> Bool {
    let parts = name.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count <= 2 && parts.allSatisfy { (1...64).contains($0.utf8.count) && $0.utf8.allSatisfy(isIDByte) }
}
