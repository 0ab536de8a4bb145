/// What a person must see of a task.
package enum Tier: String, Sendable, Hashable, CaseIterable {
    /// What is going to be done, before anything is.
    case plan
    /// What came of it, before it counts.
    case review
}

/// What one submission says about its tier.
package struct TierRequest: Sendable, Hashable {
    /// What its submitter wants to see beyond what is asked for anyway.
    package var added: [Tier]
    /// What nobody needs to see this time. It takes an operator to say so.
    package var skipped: [Tier]

    package init(added: [Tier] = [], skipped: [Tier] = []) {
        self.added = added
        self.skipped = skipped
    }
}

/// Who besides the handler asks for a person: labels and prefixes that the configuration names.
package struct TierRules: Sendable, Hashable {
    /// Adds its tier to every task that meets all of its conditions.
    package struct Rule: Sendable, Hashable {
        /// One of the task's labels.
        package var label: String?
        /// The beginning of its kind.
        package var prefix: String?
        package var tier: [Tier]

        package init(label: String? = nil, prefix: String? = nil, tier: [Tier]) {
            self.label = label
            self.prefix = prefix
            self.tier = tier
        }

        func applies(to kind: TaskKind, labels: [String]) -> Bool {
            label.map(labels.contains) ?? true && prefix.map(kind.rawValue.hasPrefix) ?? true
        }
    }

    package var rules: [Rule]

    package init(_ rules: [Rule] = []) { self.rules = rules }

    /// What a person must see of a task: what its handler asks for, with what its route, its labels and its submitter
    /// add, less what an operator skips.
    /// - Parameters:
    ///   - handler: nil where nobody who offers the kind was seen yet; the executor adds its own then.
    ///   - mayLower: whether the submitter is an operator.
    /// - Throws: `TierLowered` where somebody else skips what is asked for.
    package func tier(
        of kind: TaskKind,
        handler: [Tier]?,
        labels: [String],
        route: Route?,
        asked: TierRequest,
        mayLower: Bool
    ) throws(TierLowered) -> [Tier] {
        var wanted = Set(handler ?? [])
        wanted.formUnion(route?.tier ?? [])
        for rule in rules where rule.applies(to: kind, labels: labels) { wanted.formUnion(rule.tier) }
        let skipped = handler == nil ? Set(asked.skipped) : wanted.intersection(asked.skipped)
        guard skipped.isEmpty || mayLower else {
            throw TierLowered(tiers: Tier.allCases.filter(skipped.contains))
        }
        wanted.subtract(asked.skipped)
        wanted.formUnion(asked.added)
        return Tier.allCases.filter(wanted.contains)
    }
}

/// A submission that would keep from people what they are to see.
package struct TierLowered: Error, Hashable {
    package let tiers: [Tier]
}

extension ObjectReader {
    /// A list of tiers, each of them once.
    package mutating func tiers(_ key: String) -> [Tier]? {
        guard let words = strings(key) else { return nil }
        var tiers: [Tier] = []
        for (index, word) in words.enumerated() {
            guard let tier = Tier(rawValue: word) else {
                complain(key, at: index, "must be plan or review, not \"\(word)\"")
                continue
            }
            if !tiers.contains(tier) { tiers.append(tier) }
        }
        return tiers
    }
}
