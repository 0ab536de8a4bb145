import FoundationEssentials
import Glibc
import Synchronization
import Testing
import YggCore
import YggProtocol
import YggStorage

@testable import YggCoordinator

/// A folder with a household's data in `data` and its backups in `backups`.
struct BackupGround {
    let path: String

    static func with(_ body: (BackupGround) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/ygg-backups-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(BackupGround(path: folder))
    }

    var data: StoreLayout { StoreLayout(directory: "\(path)/data") }
    var folder: BackupFolder { BackupFolder("\(path)/backups") }
    var configuration: String { "\(path)/yggdrasil.yaml" }
    var maker: HouseholdBackup { HouseholdBackup(layout: data, configuration: configuration, host: "surtr") }

    /// A store with a task that left something, one that is open, a token, keys and a configuration.
    /// - Returns: the token.
    @discardableResult
    func fill(artifact: [UInt8] = Array("evidence".utf8)) async throws -> String {
        let secret = try await Household.with(directory: data.directory) { household in
            try await household.submit("done")
            try await household.run("done", artifacts: [artifact])
            try await household.submit("open")
            let wanted = TokenRequest(name: "freya", role: .operator, expiresIn: nil)
            return try await household.coordinator.access.create(wanted, by: .local).secret
        }
        try makeDirectory("\(data.directory)/executor")
        try write("ygg_operator_secret\n", "\(data.directory)/admin.token")
        try write("{}\n", "\(data.directory)/executor/key.json")
        try write("auth: {loopback: open}\n", configuration)
        return secret
    }

    func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    @discardableResult
    func back(at now: Timestamp = .now, keeping count: Int? = nil) async throws -> HouseholdBackup.Result {
        try await maker.run(into: folder, makingFolder: true, keeping: count, at: now)
    }

    func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// An empty data directory.
    func empty(_ name: String = "new") throws -> StoreLayout {
        let layout = StoreLayout(directory: "\(path)/\(name)")
        try FileManager.default.createDirectory(atPath: layout.directory, withIntermediateDirectories: true)
        return layout
    }

    /// Changes one byte in the middle of a file.
    static func damage(_ path: String) throws {
        var bytes = try #require(FileManager.default.contents(atPath: path))
        bytes[bytes.count / 2] ^= 0x40
        try bytes.write(to: URL(filePath: path))
    }

    static func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0, "\(path) is missing")
        return status
    }

    static func artifact(_ bytes: [UInt8], in backup: String) -> String {
        let hash = ArtifactStore.hash(of: bytes)
        return "\(backup)/artifacts/\(hash.prefix(2))/\(hash)"
    }
}

/// A wall clock that a test sets. Nobody wakes by it: tests take the steps themselves.
final class SetClock: Sendable {
    private let time: Mutex<Timestamp>

    init(_ start: Timestamp) { time = Mutex(start) }

    var now: Timestamp { time.withLock { $0 } }

    func advance(_ span: Milliseconds) { time.withLock { $0 = $0 + span } }

    var machine: Machine {
        Machine(
            now: { .now },
            time: { self.now },
            sleep: { _ in try? await Task.sleep(for: .seconds(3600)) },
            random: { .random(in: .min ... .max) }
        )
    }
}
