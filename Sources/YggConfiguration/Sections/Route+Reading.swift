import YggCore

extension Route {
    /// Reads one entry of `routes:`.
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let prefix = try reader.required("prefix") { $0.read("prefix", .prefix) }
        let executors = try reader.required("executors") { $0.list("executors", .executorID) }
        let fallback = reader.list("fallback", .executorID) ?? []
        if executors.isEmpty, reader.object["executors"]?.arrayValue?.isEmpty == true {
            reader.complain("executors", "must name at least one executor")
        }
        reader.refuseRepeats(in: "executors")
        reader.refuseRepeats(in: "fallback", notIn: Set(executors.map(\.rawValue)))
        self.init(
            prefix: prefix,
            executors: executors,
            fallback: fallback,
            offline: reader.choice("offline", of: OfflinePolicy.self),
            lostAfter: reader.read("lostAfter", .duration(.minutes(1)...Milliseconds.days(366))) ?? .hours(6),
            labels: reader.labels("labels") ?? [:],
            tier: reader.tiers("tier") ?? [],
            secrets: reader.list("secrets", .secretName) ?? []
        )
    }
}

extension ObjectReader {
    /// Complains about every name of the array `key` that came before.
    /// - Parameter taken: names of another list, which this one may not repeat either.
    fileprivate mutating func refuseRepeats(in key: String, notIn taken: Set<String> = []) {
        var seen: Set<String> = []
        for (index, element) in (object[key]?.arrayValue ?? []).enumerated() {
            guard let name = element.stringValue else { continue }
            if taken.contains(name) {
                adopt(InvalidInput("\(path(key))/\(index)", "\"\(name)\" is one of the route's executors already"))
            } else if !seen.insert(name).inserted {
                adopt(InvalidInput("\(path(key))/\(index)", "\"\(name)\" is in this list already"))
            }
        }
    }
}
