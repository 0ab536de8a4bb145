import Logging
import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggExecutor

/// A coordinator that cannot just now and says for how long.
@Suite(.timeLimit(.minutes(1)))
struct BusyCoordinatorTests {
    private struct NoHandlers: HandlerSource {
        var kinds: [KindSpec] { [] }
        func handler(for kind: TaskKind) -> (any Handler)? { nil }
    }

    private final class BusyLink: CoordinatorLink {
        let asked = AsyncStream.makeStream(of: ContinuousClock.Instant.self)

        func send(path: String, body: [UInt8], timeout: Milliseconds) async throws(LinkError) -> JSON {
            asked.continuation.yield(.now)
            throw .refused(
                Problem(status: 503, code: "stopping", title: "", detail: "It stops.", nextAction: "", retryAfter: 2)
            )
        }
    }

    @Test func `it is left alone for as long as it asks`() async throws {
        let folder = TemporaryFolder()
        let link = BusyLink()
        let settings = ExecutorSettings(
            id: ExecutorID(trusted: "huginn"),
            handlers: NoHandlers(),
            workspaceRoot: folder.path,
            repositories: [],
            dataDirectory: folder.path,
            environment: [:]
        )
        let executor = try Executor(
            settings: settings,
            link: link,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let run = Task { try await executor.run() }
        var times: [ContinuousClock.Instant] = []
        for await time in link.asked.stream {
            times.append(time)
            if times.count == 2 { break }
        }
        executor.terminate()
        executor.terminate()
        try await run.value
        // There are fewer where the suite is out of time.
        try #require(times.count == 2)
        #expect(times[0].duration(to: times[1]) >= .seconds(2))
    }
}
