import YggCore

extension TextForm where Value == Slots {
    /// `4`, which counts `default`, or `default=4,gpu=1`.
    static let slots = TextForm(
        parse: { text throws(ValueProblem) in
            var counts: [(String, JSON)] = []
            for part in text.split(separator: ",") {
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
                let name = pair.count == 2 ? pair[0] : "default"
                guard let amount = pair.last.flatMap({ Int64($0) }), !counts.contains(where: { $0.0 == name }) else {
                    throw ValueProblem(mustBe: "a number, or names and numbers such as default=4,gpu=1", not: text)
                }
                counts.append((name, .int(amount)))
            }
            do throws(InvalidInput) {
                return try executorSlots(.object(JSONObject(counts)), at: "")
            } catch {
                let details = error.issues.map { "\($0.pointer.dropFirst()) \($0.detail)" }
                throw ValueProblem(details.joined(separator: "; ").drop { $0 == " " }.description)
            }
        },
        text: { slots in slots.counts.map { "\($0.name)=\($0.amount)" }.joined(separator: ",") }
    )
}

/// How much an executor does at once when nobody says.
let defaultSlots = 4

/// The slots of one executor: of `default` there are 4 unless they are named; those of the fleet are not its own.
func executorSlots(_ json: JSON, at pointer: String) throws(InvalidInput) -> Slots {
    var slots = try Slots(json, at: pointer)
    for count in slots.fleet.counts {
        throw InvalidInput("\(pointer)/\(count.name)", "belongs to the whole fleet; write it under resources")
    }
    if json["default"] == nil { slots["default"] = defaultSlots }
    if slots.isEmpty { throw InvalidInput(pointer, "leaves no slot at all, so that nothing could run") }
    return slots
}

extension TextForm where Value == [String: String] {
    /// `arch=arm64,gpu=yes`.
    static let labels = TextForm(
        parse: { text throws(ValueProblem) in
            var labels: [String: String] = [:]
            for part in text.split(separator: ",") {
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
                guard pair.count == 2 else {
                    throw ValueProblem(mustBe: "names and values such as arch=arm64,gpu=yes", not: text)
                }
                if let problem = labelProblem(name: pair[0], value: pair[1]) { throw ValueProblem(problem) }
                guard labels.updateValue(pair[1], forKey: pair[0]) == nil else {
                    throw ValueProblem("names \(pair[0]) twice")
                }
            }
            return labels
        },
        text: { labels in
            labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        }
    )
}

/// Why a label cannot be used, nil where it can. Neither part may hold what separates labels in text.
func labelProblem(name: String, value: String) -> String? {
    guard (1...64).contains(name.utf8.count),
        name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) })
    else { return "\"\(name)\" is no label name: 1 to 64 letters, digits, dots, slashes, dashes and underscores" }
    guard value.utf8.count <= 256, !value.contains(","), !value.contains(where: \.isNewline) else {
        return "the value of \(name) must be at most 256 bytes without commas and line breaks"
    }
    return nil
}
