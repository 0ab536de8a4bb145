import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(1)))
struct AccessStoreTests {
    private static func digest(_ byte: UInt8) -> TokenDigest {
        guard let digest = TokenDigest(Array(repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return digest
    }

    private static func token(
        _ byte: UInt8,
        role: AccessRole = .viewer,
        origin: AccessToken.Origin = .created,
        createdAt: Timestamp = .noon,
        expiresAt: Timestamp? = nil
    ) -> AccessToken {
        AccessToken(
            id: TokenID("tok-\(byte)"),
            digest: digest(byte),
            name: "freya",
            role: role,
            origin: origin,
            createdAt: createdAt,
            createdBy: "odin",
            expiresAt: expiresAt
        )
    }

    private static func all(in store: Store) async throws -> [AccessToken] {
        try await store.read { tx, _ in try TokenStore.all(in: tx) }
    }

    @Test(arguments: Driver.all)
    func `a token survives the store whole, and its first end stands`(driver: Driver) async throws {
        try await driver.withStore { store in
            let first = Self.token(1, role: .join, expiresAt: .noon + .hours(1))
            try await store.write { tx, _ in
                try TokenStore.insert(first, in: tx)
                try TokenStore.insert(Self.token(2), in: tx)
            }
            #expect(try await Self.all(in: store) == [first, Self.token(2)])
            let ends = try await store.write { tx, _ in
                try TokenStore.touch(TokenID("tok-2"), at: .noon + .minutes(1), in: tx)
                return [
                    try TokenStore.revoke(first.id, at: .noon + .minutes(2), exchangedFor: Self.digest(9), in: tx),
                    try TokenStore.revoke(first.id, at: .noon + .minutes(3), in: tx),
                ]
            }
            #expect(ends == [true, false])
            let ended = try await store.read { tx, _ in try TokenStore.find(first.id, in: tx) }
            #expect(ended?.revokedAt == .noon + .minutes(2) && ended?.exchangedFor == Self.digest(9))
            #expect(try await Self.all(in: store).last?.lastUsed == .noon + .minutes(1))
        }
    }

    @Test(arguments: Driver.all)
    func `what has ended is forgotten later, but not who joined`(driver: Driver) async throws {
        try await driver.withStore { store in
            try await store.write { tx, _ in
                try TokenStore.insert(Self.token(1, expiresAt: .noon), in: tx)
                try TokenStore.insert(Self.token(2, role: .executor, expiresAt: .noon), in: tx)
                try TokenStore.insert(Self.token(3), in: tx)
            }
            let gone = try await store.write { tx, _ in
                try TokenStore.removeDead(before: .noon + .hours(1), in: tx)
            }
            #expect(gone == [TokenID("tok-1")])
            #expect(try await Self.all(in: store).map(\.id) == [TokenID("tok-2"), TokenID("tok-3")])
        }
    }

    @Test(arguments: Driver.all)
    func `of an executor's keys that are over the last ones stay`(driver: Driver) async throws {
        try await driver.withStore { store in
            try await store.write { tx, _ in
                for (byte, origin) in [(1, .joined), (2, .joined), (3, .renewed), (4, .renewed)]
                    as [(UInt8, AccessToken.Origin)]
                {
                    let made = Timestamp.noon + .minutes(Int64(byte))
                    try TokenStore.insert(
                        Self.token(byte, role: .executor, origin: origin, createdAt: made, expiresAt: made),
                        in: tx
                    )
                }
            }
            let gone = try await store.write { tx, _ in
                try TokenStore.removeDead(before: .noon + .hours(1), in: tx)
            }
            #expect(Set(gone) == [TokenID("tok-1"), TokenID("tok-3")])
        }
    }

    @Test(arguments: Driver.all)
    func `the audit is read newest first, filtered, in pages, and cut off at its old end`(
        driver: Driver
    ) async throws {
        try await driver.withStore { store in
            let freya = Author(
                Principal(name: "freya", role: .operator, proof: .token(TokenID("tok-1"))),
                from: "10.0.0.2"
            )
            let entries = (0..<6).map { index in
                AuditEntry(
                    index.isMultiple(of: 2) ? .taskSubmit : .executorOrder,
                    by: index < 3 ? freya : .local,
                    at: .noon + .minutes(Int64(index)),
                    task: index.isMultiple(of: 2) ? TaskID(trusted: "t\(index)") : nil,
                    executor: index.isMultiple(of: 2) ? nil : ExecutorID(trusted: "huginn"),
                    detail: index == 5 ? "grüße 🌳" : nil
                )
            }
            try await store.write { tx, _ in for entry in entries { try AuditStore.append(entry, in: tx) } }
            func read(_ filter: AuditFilter, before: Int64? = nil, limit: Int = 10) async throws -> [AuditEntry] {
                try await store.read { tx, _ in
                    try AuditStore.list(filter, before: before, limit: limit, in: tx).map(\.entry)
                }
            }
            #expect(try await read(AuditFilter()) == entries.reversed())
            #expect(try await read(AuditFilter(), before: 3) == [entries[1], entries[0]])
            #expect(try await read(AuditFilter(), limit: 1) == [entries[5]])
            #expect(try await read(AuditFilter(by: "freya")) == [entries[2], entries[1], entries[0]])
            #expect(try await read(AuditFilter(task: TaskID(trusted: "t4"))) == [entries[4]])
            #expect(try await read(AuditFilter(executor: ExecutorID(trusted: "huginn"))).count == 3)
            #expect(try await read(AuditFilter(since: .noon + .minutes(4))) == [entries[5], entries[4]])
            let mayBeMore = try await store.write { tx, _ in
                [
                    try AuditStore.removeSome(before: .noon + .minutes(3), limit: 2, in: tx),
                    try AuditStore.removeSome(before: .noon + .minutes(3), limit: 2, in: tx),
                ]
            }
            #expect(mayBeMore == [true, false])
            #expect(try await read(AuditFilter()) == entries[3...].reversed())
        }
    }

    @Test(arguments: Driver.all)
    func `unfinished tasks are counted for whom they are noted`(driver: Driver) async throws {
        try await driver.withStore { store in
            for id in ["a", "b"] {
                let stored = try await store.insert(.queued(id))
                try await store.write { tx, tasks in try tasks.count(stored, of: "freya", in: tx) }
            }
            try await store.insert(.queued("c"))
            #expect(try await store.write { tx, tasks in try tasks.unfinished(of: "freya", in: tx) } == 2)
        }
    }
}
