import Dispatch
import FoundationEssentials
import Testing
import YggCore
import YggStorage

@Suite(.timeLimit(.minutes(1)))
struct DatabaseTests {
    @Test
    func `SQLite makes every commit durable`() async throws {
        try await withFolder { folder in
            let database = try SQLiteDatabase(path: folder + "/ygg.db")
            let settings = try await database.write { tx in
                try ["synchronous", "auto_vacuum"].map { name in
                    try tx.first("PRAGMA \(name)", []) { $0.integer(0) } ?? -1
                }
            }
            #expect(settings == [2, 2])
            let journal = try await database.read { tx in try tx.first("PRAGMA journal_mode", []) { $0.text(0) } }
            #expect(journal == "wal")
            await database.close()
        }
    }

    @Test(arguments: Driver.all)
    func `a second process is refused, and told who holds the store`(driver: Driver) async throws {
        try await withFolder { folder in
            let path = folder + "/ygg.db"
            do {
                let first = try driver.open(path)
                let error = #expect(throws: StorageError.self) { _ = try driver.open(path) }
                #expect(error?.code == .cannotOpen)
                #expect(error?.detail.contains("pid \(ProcessInfo.processInfo.processIdentifier)") == true)
                await first.close()
            }
            await (try driver.open(path)).close()
        }
    }

    @Test(arguments: Driver.all)
    func `a failing write among good neighbours fails alone`(driver: Driver) async throws {
        try await driver.withStore { store in
            let notes = Notes()
            // The first write holds the writer until all others have gathered behind it.
            let gate = DispatchSemaphore(value: 0)
            store.database.enqueue { _ in
                gate.wait()
            } completion: { _ in
            }
            for number in 0..<20 {
                store.database.enqueue { tx in
                    try tx.execute(
                        "INSERT INTO meta (name, value) VALUES (?, 'x')",
                        [.text(number == 7 ? "n3" : "n\(number)")]
                    )
                    tx.afterCommit { notes.add("effect \(number)") }
                    if number % 5 == 0 { throw Refused() }
                } completion: { result in
                    if case .success = result { notes.add("done \(number)") } else { notes.add("failed \(number)") }
                }
            }
            gate.signal()
            try await store.database.write { _ in }
            let failed = notes.all.filter { $0.hasPrefix("failed") }
            let names = try await store.read { tx, _ in
                try tx.query("SELECT name FROM meta WHERE name LIKE 'n%'", []) { $0.text(0) }
            }
            // 3 and 7 want the same key.
            #expect(failed == [0, 5, 7, 10, 15].map { "failed \($0)" })
            #expect(names.count == 15 && Set(names).count == 15)
            #expect(notes.all.filter { $0.hasPrefix("effect") }.count == 15)
            for number in 0..<20 where notes.all.contains("done \(number)") {
                let places = ["effect \(number)", "done \(number)"].map { notes.all.firstIndex(of: $0) ?? -1 }
                #expect(places[0] >= 0 && places[0] < places[1])
            }
        }
    }

    @Test(arguments: Driver.all)
    func `effects run in the order of commits, before the writer hears of it`(driver: Driver) async throws {
        try await driver.withStore { store in
            let notes = Notes()
            let gate = DispatchSemaphore(value: 0)
            store.database.enqueue { _ in
                gate.wait()
            } completion: { _ in
            }
            for number in 0..<50 {
                store.database.enqueue { tx in
                    tx.afterCommit { notes.add("a\(number)") }
                    tx.afterCommit { notes.add("b\(number)") }
                    if number == 20 { throw Refused() }
                } completion: { _ in
                    notes.add("c\(number)")
                }
            }
            gate.signal()
            try await store.database.write { _ in }
            let expected = (0..<50).flatMap { $0 == 20 ? ["c20"] : ["a\($0)", "b\($0)", "c\($0)"] }
            #expect(notes.all == expected)
        }
    }

    @Test(arguments: Driver.all)
    func `a write goes through though its caller was cancelled`(driver: Driver) async throws {
        try await driver.withStore { store in
            let gate = DispatchSemaphore(value: 0)
            store.database.enqueue { _ in
                gate.wait()
            } completion: { _ in
            }
            let writer = Task {
                try await store.database.write {
                    try $0.execute("INSERT INTO meta (name, value) VALUES ('c', 'x')", [])
                }
            }
            writer.cancel()
            gate.signal()
            #expect(try await writer.value == 1)
            let found = try await store.read { tx, _ in
                try tx.query("SELECT 1 FROM meta WHERE name = 'c'", []) { $0.integer(0) }
            }
            #expect(found == [1])
        }
    }

    @Test(arguments: Driver.all)
    func `every value comes back as it went in`(driver: Driver) async throws {
        try await driver.withStore { store in
            try await store.write { tx, _ in
                try tx.execute("CREATE TABLE v (i BIGINT, t TEXT, b BLOB, n TEXT)", [])
                let text = "grüße \0 🌳"
                try tx.execute(
                    "INSERT INTO v VALUES (?, ?, ?, ?)",
                    [.integer(.min), .text(text), .blob([0, 255]), .null]
                )
                try tx.execute("INSERT INTO v VALUES (?, ?, ?, ?)", [.integer(.max), .text(""), .blob([]), .text("")])
                let rows = try tx.query("SELECT i, t, b, n FROM v ORDER BY i", []) { row in
                    [
                        SQLValue.integer(row.integer(0)), .text(row.text(1)), .optional(row.optionalBlob(2)),
                        .optional(row.optionalText(3)),
                    ]
                }
                #expect(
                    rows == [
                        [.integer(.min), .text(text), .blob([0, 255]), .null],
                        [.integer(.max), .text(""), .blob([]), .text("")],
                    ]
                )
            }
        }
    }

    @Test(arguments: Driver.all)
    func `a store knows itself, counts its starts, and refuses what is newer`(driver: Driver) async throws {
        try await driver.withStore { store in
            let first = try await StoreIdentity.open(store.database, newID: "s1")
            let second = try await StoreIdentity.open(store.database, newID: "s2")
            #expect([first.storeID, second.storeID] == ["s1", "s1"])
            #expect([first.boot, second.boot] == [1, 2])
            try await Migrator.migrate(store.database)
            _ = try await store.write { tx, _ in
                try tx.execute("INSERT INTO migrations (number, name) VALUES (99, 'future')", [])
            }
            let error = await #expect(throws: StorageError.self) { try await Migrator.migrate(store.database) }
            #expect(error?.code == .newerSchema)
        }
    }
}
