import FoundationEssentials
import Glibc
import Synchronization
import Testing
import YggProcess

@testable import YggCommands

@Suite(.timeLimit(.minutes(1)))
struct SupervisorTests {
    @Test(
        arguments: [
            (["NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "3000000"], Duration.milliseconds(1500)),
            (["NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "77"], .milliseconds(1500)),
            (["NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "78"], nil),
            (["NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "soon"], nil), (["NOTIFY_SOCKET": "/run/n"], nil),
            (["WATCHDOG_USEC": "3000000"], nil), ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func `signs of life are given twice as often as they are wanted`(environment: [String: String], interval: Duration?)
    {
        #expect(Supervisor(environment: environment, process: 77).interval == interval)
    }

    @Test(arguments: [nil, "", "@", "relative/path", "vsock:2:1234", "/" + String(repeating: "x", count: 120)])
    func `what is no socket is nobody`(name: String?) {
        #expect(NotifySocket(environment: name.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil)
    }

    @Test func `nobody listens, and nothing is wrong`() throws {
        let socket = try #require(NotifySocket(environment: ["NOTIFY_SOCKET": "/tmp/ygg-nobody-\(getpid())"]))
        #expect(!socket.send("READY=1"))
    }

    /// A socket that stands in the place of systemd's.
    private final class Listener: Sendable {
        let path = "/tmp/ygg-notify-\(getpid())-\(UInt64.random(in: .min ... .max))"
        private let socket: Int32
        /// Somebody else who talks to it.
        private let other: Int32

        init() throws {
            socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            other = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(other, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(connected == 0)
        }

        deinit {
            close(other)
            close(socket)
            unlink(path)
        }

        /// As many messages as it takes.
        func fill() { while Glibc.send(other, "x", 1, Int32(MSG_DONTWAIT)) == 1 {} }

        /// What was said and not read yet; nil where nothing was. A datagram is there as soon as it is sent.
        func next() -> String? {
            var buffer = [UInt8](repeating: 0, count: 1024)
            let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }

    /// The patience ends after five seconds: so the test keeps its thread, and does not wait to be given one again.
    @Test func `a listener that does not keep up is waited for`() throws {
        let listener = try Listener()
        let socket = try #require(NotifySocket(environment: ["NOTIFY_SOCKET": listener.path]))
        listener.fill()
        let sender = Mutex((thread: "", sent: Bool?.none))
        try SmallThread.start {
            let thread = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
            sender.withLock { $0.thread = thread ?? "" }
            let sent = socket.send("READY=1")
            sender.withLock { $0.sent = sent }
        }
        // It sleeps while it waits, and where it has given up.
        func sleeps(_ thread: String) -> Bool {
            let stat = try? String(contentsOfFile: "/proc/\(thread)/stat", encoding: .utf8)
            return !thread.isEmpty && stat?.contains(") S ") == true
        }
        while case let now = sender.withLock({ $0 }), now.sent == nil, !sleeps(now.thread) { usleep(1000) }
        while let message = listener.next() { #expect(message == "x" || message == "READY=1") }
        while sender.withLock({ $0.sent }) == nil { usleep(1000) }
        #expect(sender.withLock { $0.sent } == true)
    }

    @Test func `each turn of a server's life is told`() throws {
        let listener = try Listener()
        let supervisor = Supervisor(environment: ["NOTIFY_SOCKET": listener.path])
        supervisor.reloaded()
        #expect(listener.next() == nil, "it does not serve yet")
        supervisor.ready("Serving")
        #expect(listener.next() == "READY=1\nSTATUS=Serving")
        supervisor.reloading()
        #expect(listener.next()?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
        supervisor.reloaded()
        #expect(listener.next() == "READY=1\nSTATUS=Serving")
        supervisor.stopping()
        #expect(listener.next()?.hasPrefix("STOPPING=1") == true)
        supervisor.reloaded()
        #expect(listener.next() == nil, "it stops, whatever was read meanwhile")
    }

    @Test func `a part that does not answer is not spoken for`() async throws {
        let listener = try Listener()
        let environment = ["NOTIFY_SOCKET": listener.path, "WATCHDOG_USEC": "20000"]
        let supervisor = Supervisor(environment: environment)
        let (answers, answer) = AsyncStream.makeStream(of: Bool.self)
        let isWell = Mutex(false)
        supervisor.check(.coordinator) { true }
        supervisor.check(.executor) {
            let answered = isWell.withLock { $0 }
            answer.yield(answered)
            return answered
        }
        let running = Task { await supervisor.run() }
        var turns = answers.makeAsyncIterator()
        for _ in 0..<3 { #expect(await turns.next() == false) }
        #expect(listener.next() == nil)
        isWell.withLock { $0 = true }
        // By the second good answer the first was told. Older ones, which nobody has read yet, come before.
        for _ in 0..<2 {
            while await turns.next() == false {}
        }
        #expect(listener.next() == "WATCHDOG=1")
        running.cancel()
        await running.value
    }

    @Test func `whoever hangs is ended, and whoever gives signs of life is not`() async throws {
        let (ends, end) = AsyncStream.makeStream(of: String.self)
        let (lives, life) = AsyncStream.makeStream(of: Void.self)
        let hanging = Supervisor(
            environment: [:],
            selfWatch: SelfWatch(limit: .milliseconds(40)) { end.yield("hanging") }
        )
        hanging.check(.executor) { false }
        let well = Supervisor(environment: [:], selfWatch: SelfWatch(limit: .seconds(60)) { end.yield("well") })
        well.check(.executor) {
            life.yield()
            return true
        }
        hanging.ready("Serving")
        well.ready("Serving")
        let running = [hanging, well].map { supervisor in Task { await supervisor.run() } }
        var ended = ends.makeAsyncIterator()
        #expect(await ended.next() == "hanging")
        var living = lives.makeAsyncIterator()
        await living.next()
        for task in running {
            task.cancel()
            await task.value
        }
        end.finish()
        #expect(await ended.next() == nil)
    }

    @Test(arguments: ["60", "soon", "0s", "10ms"])
    func `a watchdog that cannot be meant is said`(text: String) {
        let failure = #expect(throws: CommandFailure.self) { _ = try SelfWatch.asked(["YGG_WATCHDOG": text]) }
        #expect(failure?.status == .usage)
    }

    @Test func `no watchdog is asked for where nothing is said`() throws {
        #expect(try SelfWatch.asked([:]) == nil && SelfWatch.asked(["YGG_WATCHDOG": ""]) == nil)
        #expect(try SelfWatch.asked(["YGG_WATCHDOG": "1m"])?.limit == .seconds(60))
    }
}
