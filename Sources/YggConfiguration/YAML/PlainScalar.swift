import YggCore

/// What a scalar without quotes and tag means, by the core schema of YAML 1.2.
///
/// Not by YAML 1.1, in which `no`, `on` and `12:30` are a boolean, a boolean and the number 750.
func plainScalar(_ text: String) -> JSON {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    case ".nan", ".NaN", ".NAN": return .double(.nan)
    default: break
    }
    if text.hasPrefix("0o") { return Int64(text.dropFirst(2), radix: 8).map(JSON.int) ?? .string(text) }
    if text.hasPrefix("0x") { return Int64(text.dropFirst(2), radix: 16).map(JSON.int) ?? .string(text) }
    let digits = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    switch digits {
    case ".inf", ".Inf", ".INF": return .double(text.first == "-" ? -.infinity : .infinity)
    default: break
    }
    guard isDecimal(digits) else { return .string(text) }
    if let integer = Int64(text) { return .int(integer) }
    return Double(text).map(JSON.double) ?? .string(text)
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, then perhaps an exponent.
private func isDecimal(_ text: Substring) -> Bool {
    var rest = text.utf8[...]
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    func takeDigits() -> Int {
        let count = rest.prefix(while: isDigit).count
        rest = rest.dropFirst(count)
        return count
    }
    var count = takeDigits()
    if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        count += takeDigits()
    }
    guard count > 0 else { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
}
