/// The aliases of a YAML text: `*name` where there is an anchor `&name`.
enum YAMLAliases {
    /// How many there may be at most: what only looks like one, in some code for instance, counts as well.
    static func count(in text: String) -> Int {
        var anchors: Set<ArraySlice<UInt8>> = []
        var aliases: [ArraySlice<UInt8>] = []
        let bytes = Array(text.utf8)
        var rest = bytes[...]
        while let sign = rest.firstIndex(where: { $0 == anchor || $0 == alias }) {
            rest = rest[(sign + 1)...]
            let name = rest.prefix(while: isOfName)
            if bytes[sign] == anchor { anchors.insert(name) } else { aliases.append(name) }
        }
        return aliases.count { !$0.isEmpty && anchors.contains($0) }
    }

    private static let anchor = UInt8(ascii: "&")
    private static let alias = UInt8(ascii: "*")

    /// As libyaml has it.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
