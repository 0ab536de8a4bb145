import FoundationEssentials
import Logging
import Synchronization
import Testing
import YggCore
import YggProtocol

@testable import YggCommands

@Suite(.timeLimit(.minutes(1)))
struct KeyRenewalTests {
    private struct Lost: Error {}

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func `a renewal that was cut off asks again for the same key, and the old one is shown until then`()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.path + "/ygg-key-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = "\(folder)/key.json"
        let first = ExecutorKey(
            executor: ExecutorID(trusted: "huginn"),
            coordinator: "http://surtr:5080",
            key: "old",
            renewAt: Timestamp(milliseconds: 0)
        )
        try first.write(path)
        let asked = Mutex<[[UInt8]]>([])
        let used = Mutex<[String]>([])
        let isAnswered = Mutex(false)
        func renewal(of key: ExecutorKey) -> KeyRenewal {
            KeyRenewal(enrolment: Enrolment(key: key, path: path), logger: Self.quiet) { path, body in
                #expect(path == "/v1/executors/huginn/key")
                asked.withLock { $0.append(body) }
                guard isAnswered.withLock({ $0 }) else { throw Lost() }
                return .object(
                    KeyGrant(executor: ExecutorID(trusted: "huginn"), expiresIn: .days(90), renewIn: .days(60)).json
                )
            } use: { key in
                used.withLock { $0.append(key) }
            }
        }
        await #expect(throws: Lost.self) { _ = try await renewal(of: first).renewed(first) }
        let kept = try #require(try ExecutorKey.read(path))
        #expect(kept.key == "old" && kept.next != nil && used.withLock { $0.isEmpty })
        isAnswered.withLock { $0 = true }
        let next = try await renewal(of: kept).renewed(kept)
        #expect(asked.withLock { $0.count == 2 && $0[0] == $0[1] })
        #expect(next.key == kept.next && next.next == nil && used.withLock { $0 == [next.key] })
        #expect(next.renewAt > ProcessContext.now() + .days(59))
        #expect(try ExecutorKey.read(path) == next)
    }
}
