import YggCore

@testable import YggCoordinator

extension ArtifactStore {
    /// Keeps bytes that are there as a whole.
    func save(_ bytes: [UInt8], as hash: String) async throws {
        var rest: [UInt8]? = bytes
        _ = try await save(as: hash) {
            defer { rest = nil }
            return rest
        }
    }
}

extension ArtifactReader {
    func all() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await next() { bytes += chunk }
        return bytes
    }
}
