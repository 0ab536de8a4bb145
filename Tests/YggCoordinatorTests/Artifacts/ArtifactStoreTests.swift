import FoundationEssentials
import Testing
import YggStorage

@testable import YggCoordinator

struct ArtifactStoreTests {
    private let place = FileManager.default.temporaryDirectory.path + "/ygg-artifacts-\(UInt64.random(in: 0 ... .max))"

    @Test func `before the first artifact there is nothing to sweep`() async throws {
        let store = ArtifactStore(directory: place)
        let removed = try await store.sweep { _ in false }
        #expect(removed == 0)
        try await store.makeDurable()
    }

    @Test func `what no task owns is swept away, and nothing else`() async throws {
        let store = ArtifactStore(directory: place)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let (owned, unowned) = (ArtifactStore.hash(of: [1]), ArtifactStore.hash(of: [2]))
        try await store.save([1], as: owned)
        try await store.save([2], as: unowned)
        let removed = try await store.sweep { $0 == owned }
        #expect(removed == 1)
        #expect(try await store.reader(of: owned)?.all() == [1])
        #expect(try await store.reader(of: unowned) == nil)
    }

    @Test func `a store that cannot be read says why in the system's words`() async throws {
        #expect(FileManager.default.createFile(atPath: place, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: place) }
        let error = await #expect(throws: StorageError.self) {
            _ = try await ArtifactStore(directory: place).sweep { _ in true }
        }
        #expect(error?.detail == "Cannot read the directory \(place): Not a directory")
    }
}
