import YggCore

extension TierRules.Rule {
    /// Reads one entry of `tierRules:`.
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let label = reader.string("label", maxLength: 128)
        let prefix = reader.read("prefix", .prefix)
        let tier = try reader.required("tier") { $0.tiers("tier") }
        if label == nil, prefix == nil, reader.issues.isEmpty {
            reader.complain("label", "or prefix is required: say which tasks the rule is about")
        }
        if tier.isEmpty, reader.object["tier"]?.arrayValue?.isEmpty == true {
            reader.complain("tier", "must name what a person must see, plan or review: a rule only adds")
        }
        self.init(label: label, prefix: prefix, tier: tier)
    }
}
