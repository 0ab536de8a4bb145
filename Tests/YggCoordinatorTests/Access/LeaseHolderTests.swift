import Testing
import YggCore
import YggProtocol

@testable import YggCoordinator

@Suite(.timeLimit(.minutes(1)))
struct LeaseHolderTests {
    private static func key(of executor: String) -> Principal {
        Principal(name: executor, role: .executor, proof: .token(TokenID("tok-\(executor)")), isEnrolled: true)
    }

    @Test func `an artifact comes from whoever holds the task, and from no other executor`() async throws {
        try await Household.with { household in
            let task = TaskID(trusted: "a")
            try await household.submit("a")
            // By huginn.
            try await household.start("a")
            let bytes = Array("diff".utf8)
            func upload(by principal: Principal) async throws -> Bool {
                var rest: [UInt8]? = bytes
                return try await household.coordinator.saveArtifact(
                    sha256: ArtifactStore.hash(of: bytes),
                    task: task,
                    epoch: 1,
                    by: principal
                ) {
                    defer { rest = nil }
                    return rest
                }.isNew
            }
            do {
                _ = try await upload(by: Self.key(of: "muninn"))
                Issue.record("another executor left something at the task")
            } catch let problem as Problem {
                #expect(problem.status == 403 && problem.extensions["needs"] == "executor")
            }
            #expect(try await upload(by: Self.key(of: "huginn")))
        }
    }
}
