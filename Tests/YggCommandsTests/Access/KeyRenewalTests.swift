import FoundationEssentials
import Logging
import Synchronization
import Testing
import YggCore
import YggExecutor
import YggProtocol

@testable import YggCommands

@Suite(.timeLimit(.minutes(1)))
struct KeyRenewalTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A coordinator that answers one renewal after the other as it is told to, and an executor's key on a disk.
    private final class Scene: Sendable {
        enum Answer: Sendable {
            case granted
            case lost
            case refused(Int)
        }

        let folder = FileManager.default.temporaryDirectory.path + "/ygg-key-\(UInt64.random(in: 0 ... .max))"
        var path: String { "\(folder)/key.json" }
        let first = ExecutorKey(
            executor: ExecutorID(trusted: "huginn"),
            coordinator: "http://surtr:5080",
            key: "old",
            renewAt: Timestamp(milliseconds: 0)
        )
        private let answers: Mutex<[Answer]>
        private let seen = Mutex<(asked: [[UInt8]], used: [String])>(([], []))

        init(_ answers: [Answer]) throws {
            self.answers = Mutex(answers)
            try first.write(path)
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        var asked: [[UInt8]] { seen.withLock { $0.asked } }
        var used: [String] { seen.withLock { $0.used } }

        var kept: ExecutorKey {
            get throws { try #require(try ExecutorKey.read(path)) }
        }

        func renewal(of key: ExecutorKey) -> KeyRenewal {
            KeyRenewal(enrolment: Enrolment(key: key, path: path), logger: KeyRenewalTests.quiet) { [self] path, body in
                #expect(path == "/v1/executors/huginn/key")
                seen.withLock { $0.asked.append(body) }
                switch answers.withLock({ $0.isEmpty ? .granted : $0.removeFirst() }) {
                case .lost: throw LinkError.unreachable("the answer was lost")
                case .refused(let status):
                    let problem = Problem(status: status, code: "no", title: "No", detail: "no", nextAction: "")
                    throw LinkError.refused(problem)
                case .granted:
                    let id = ExecutorID(trusted: "huginn")
                    return .object(KeyGrant(executor: id, expiresIn: .days(90), renewIn: .days(60)).json)
                }
            } use: { [self] key in
                seen.withLock { $0.used.append(key) }
            }
        }
    }

    @Test func `a renewal whose answers are lost asks again for the same key, in this process and in the next`()
        async throws
    {
        let scene = try Scene([.lost, .lost, .lost])
        var key = scene.first
        for _ in 1...2 {
            await #expect(throws: LinkError.self) { try await scene.renewal(of: scene.first).renew(&key) }
            #expect(try scene.kept == key && key.key == "old" && key.next != nil && scene.used.isEmpty)
        }
        var restarted = try scene.kept
        await #expect(throws: LinkError.self) { try await scene.renewal(of: restarted).renew(&restarted) }
        let next = try #require(restarted.next)
        try await scene.renewal(of: restarted).renew(&restarted)
        #expect(Set(scene.asked).count == 1 && scene.asked.count == 4)
        #expect(restarted.key == next && restarted.next == nil && scene.used == [next])
        #expect(restarted.renewAt > ProcessContext.now() + .days(59))
        #expect(try scene.kept == restarted)
    }

    @Test func `a key that the coordinator will not have is given up for another, and no other refusal does that`()
        async throws
    {
        let scene = try Scene([.lost, .refused(429), .refused(401), .refused(503), .refused(409)])
        var key = scene.first
        for _ in 1...4 {
            await #expect(throws: LinkError.self) { try await scene.renewal(of: scene.first).renew(&key) }
            #expect(key.next != nil)
        }
        await #expect(throws: LinkError.self) { try await scene.renewal(of: scene.first).renew(&key) }
        #expect(key == scene.first, "the one it has is shown until there is another")
        #expect(try scene.kept == scene.first)
        try await scene.renewal(of: scene.first).renew(&key)
        #expect(Set(scene.asked[..<5]).count == 1 && scene.asked[5] != scene.asked[4])
        #expect(scene.used == [key.key])
    }

    @Test func `a key that could not be kept is not used, and asked for again`() async throws {
        let scene = try Scene([])
        var key = scene.first
        key.next = "next"
        // Nothing can be written where a folder has the file's name.
        try FileManager.default.removeItem(atPath: scene.path)
        try FileManager.default.createDirectory(atPath: "\(scene.path)/x", withIntermediateDirectories: true)
        let before = key
        await #expect(throws: CommandFailure.self) { try await scene.renewal(of: key).renew(&key) }
        #expect(key == before && scene.used.isEmpty)
        try FileManager.default.removeItem(atPath: scene.path)
        try await scene.renewal(of: key).renew(&key)
        #expect(key.key == "next" && scene.used == ["next"])
    }
}
