import Testing
import YggCore

struct AccessTableTests {
    private static let noon = Timestamp(milliseconds: 1_772_366_400_000)

    private static func digest(_ byte: UInt8) -> TokenDigest {
        guard let digest = TokenDigest(Array(repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return digest
    }

    private static func token(
        _ byte: UInt8,
        name: String = "freya",
        role: AccessRole = .viewer,
        origin: AccessToken.Origin = .created,
        createdAt: Timestamp = noon,
        expiresAt: Timestamp? = nil,
        revokedAt: Timestamp? = nil,
        exchangedFor: TokenDigest? = nil
    ) -> AccessToken {
        AccessToken(
            id: TokenID("tok-\(byte)"),
            digest: digest(byte),
            name: name,
            role: role,
            origin: origin,
            createdAt: createdAt,
            createdBy: "odin",
            expiresAt: expiresAt,
            revokedAt: revokedAt,
            exchangedFor: exchangedFor
        )
    }

    @Test func `a token is known until it ends`() {
        var table = AccessTable()
        let first = Self.token(1, expiresAt: Self.noon + .hours(1))
        table.learn(first)
        table.learn(Self.token(2))
        #expect(table.look(Self.digest(1), at: Self.noon).look == .known(first.principal))
        #expect(table.look(Self.digest(3), at: Self.noon).look == .unknown)
        let later = Self.noon + .hours(1)
        guard case .dead(_, .expired) = table.look(Self.digest(1), at: later).look else {
            Issue.record("it has expired")
            return
        }
        guard case .known(let second) = table.look(Self.digest(2), at: later).look else {
            Issue.record("two tokens of one name are valid at once")
            return
        }
        #expect(second.name == "freya" && table.isWelcome(second, at: later))
        var revoked = Self.token(2)
        revoked.revokedAt = later
        table.learn(revoked)
        guard case .dead(_, .revoked) = table.look(Self.digest(2), at: later).look else {
            Issue.record("it was revoked")
            return
        }
        #expect(!table.isWelcome(second, at: later))
    }

    @Test func `a use is noted once in a while`() {
        var table = AccessTable()
        table.learn(Self.token(1))
        #expect(table.look(Self.digest(1), at: Self.noon).firstUse != nil)
        #expect(table.look(Self.digest(1), at: Self.noon + .seconds(59)).firstUse == nil)
        #expect(table.takeTouched() == [TokenID("tok-1"): Self.noon])
        _ = table.look(Self.digest(1), at: Self.noon + .seconds(59))
        #expect(table.takeTouched().isEmpty)
        #expect(table.look(Self.digest(1), at: Self.noon + .seconds(61)).firstUse == nil)
        #expect(table.takeTouched() == [TokenID("tok-1"): Self.noon + .seconds(61)])
    }

    @Test func `an invitation that was just used may be shown again by whoever used it`() {
        var table = AccessTable()
        let used = Self.token(
            1,
            name: "huginn",
            role: .join,
            revokedAt: Self.noon,
            exchangedFor: Self.digest(9)
        )
        table.learn(used)
        #expect(table.look(Self.digest(1), at: Self.noon + .minutes(1)).look == .known(used.principal))
        #expect(table.look(Self.digest(1), at: Self.noon + .minutes(11)).look == .dead(used, .revoked))
    }

    @Test func `a newer key makes the older ones of its executor superfluous, and no other`() {
        var table = AccessTable()
        let newest = Self.token(4, name: "huginn", role: .executor, origin: .renewed, createdAt: Self.noon + .days(60))
        table.learn(Self.token(1, name: "huginn", role: .executor, origin: .joined))
        table.learn(Self.token(2, name: "huginn", role: .executor, origin: .created))
        table.learn(Self.token(3, name: "muninn", role: .executor, origin: .joined))
        table.learn(newest)
        let over = table.superseded(by: newest, at: Self.noon + .days(61))
        #expect(over.map(\.id) == [TokenID("tok-1")])
        #expect(table.superseded(by: Self.token(2, name: "huginn", role: .executor), at: Self.noon).isEmpty)
    }

    @Test func `a part of this process is known by its key and never ends`() {
        var table = AccessTable()
        let part = Principal(name: "local", role: .executor, proof: .process)
        table.admit(part, under: Self.digest(7))
        #expect(table.look(Self.digest(7), at: Self.noon).look == .known(part))
        #expect(table.isWelcome(part, at: Self.noon))
    }

    @Test func `digests are written and read as hexadecimal digits`() {
        let bytes = (0..<32).map { UInt8($0 * 7 & 255) }
        let digest = TokenDigest(bytes)
        #expect(digest?.text.hasPrefix("00070e151c23") == true && digest?.text.count == 64)
        #expect(digest.flatMap { TokenDigest(hex: $0.text) } == digest)
        #expect(TokenDigest(Array(bytes.dropLast())) == nil && TokenDigest(bytes + [1]) == nil)
        #expect(TokenDigest(hex: String(repeating: "G", count: 64)) == nil)
    }

    @Test func `a token says what it is and is never the same twice`() {
        var random = SystemRandomNumberGenerator()
        let tokens = (0..<100).map { _ in TokenSecret.make(.viewer, random: &random) }
        #expect(Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0.hasPrefix("ygg_viewer_") && $0.count == 11 + 43 })
        #expect(tokens.allSatisfy { $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } })
    }
}
