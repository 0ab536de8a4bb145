import Testing

@testable import YggCore

@Suite(.timeLimit(.minutes(1)))
struct RedactorTests {
    private let secret = "correct horse/battery=staple"
    private var patterns: SecretPatterns { SecretPatterns([Secret(name: "door", value: secret)]) }

    @Test(arguments: [
        "correct horse/battery=staple",
        // base64 of the secret behind nothing, one byte and two bytes.
        "Y29ycmVjdCBob3JzZS9iYXR0ZXJ5PXN0YXBsZQ==", "eGNvcnJlY3QgaG9yc2UvYmF0dGVyeT1zdGFwbGU=",
        "eHhjb3JyZWN0IGhvcnNlL2JhdHRlcnk9c3RhcGxl", "correct%20horse%2Fbattery%3Dstaple",
        "correct%20horse%2fbattery%3dstaple", "correct+horse%2Fbattery%3Dstaple", "correct%20horse/battery%3Dstaple",
        #"correct horse\/battery=staple"#,
    ])
    func `every way of writing it down is known`(text: String) {
        #expect(patterns.redacted("<\(text)>").contains("[redacted:door]"))
        #expect(!patterns.redacted("<\(text)>").contains(text))
    }

    @Test func `a line that has ended is given out at once, and the beginning of a secret is not`() {
        var redactor = Redactor(patterns)
        func give(_ text: String) -> String { String(decoding: redactor.append(Array(text.utf8)[...]), as: UTF8.self) }
        #expect(give("all is well\n") == "all is well\n")
        #expect(give("incorr\n") == "incorr\n")
        #expect(give("password: ") == "password: ")
        #expect(give("correct ") == "")
        #expect(give("horse") == "")
        #expect(give("fly") == "correct horsefly")
        #expect(give("correct horse/batt") == "")
        #expect(give("ery=staple!") == "[redacted:door]!")
        #expect(give("co") == "")
        #expect(String(decoding: redactor.finish(), as: UTF8.self) == "co")
    }

    @Test func `an endless secret in an endless text holds nothing up`() {
        var redactor = Redactor(SecretPatterns([Secret(name: "a", value: "aaaaaaaa")]))
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        let first = redactor.append(piece[...])
        #expect(String(decoding: first, as: UTF8.self) == "[redacted:a]")
        for _ in 0..<1000 { #expect(redactor.append(piece[...]).isEmpty) }
        #expect(String(decoding: redactor.append(Array("b".utf8)[...]), as: UTF8.self) == "b")
    }

    @Test func `of a key in several lines every line is one, but for its frame`() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----"
        let patterns = SecretPatterns([Secret(name: "key", value: key)])
        #expect(patterns.redacted("  MIIEvQIBADANBgkq\r\n  hkiG") == "  [redacted:key]\r\n  hkiG")
        #expect(patterns.redacted("-----BEGIN KEY-----") == "-----BEGIN KEY-----")
        #expect(patterns.redacted("<\(key)>") == "<[redacted:key]>")
    }

    @Test func `values are redacted in strings and in names of members`() {
        let json = JSON.object(JSONObject([("a", [.string("x \(secret)"), 1, nil]), (secret, true)]))
        #expect(patterns.redacted(json) == ["a": ["x [redacted:door]", 1, nil], "[redacted:door]": true])
        #expect(SecretPatterns.none.redacted(json) == json)
    }

    @Test func `what cannot be kept out of outputs is no secret`() {
        #expect(Secret.problem("1234567")?.contains("fewer than 8") == true)
        #expect(Secret.problem("12345678") == nil)
        #expect(Secret.problem("1234\u{0}5678") != nil)
        #expect(SecretPatterns([Secret(name: "pin", value: "1234")]).isEmpty)
    }
}
