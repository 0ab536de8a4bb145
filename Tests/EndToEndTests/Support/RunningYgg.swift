import FoundationEssentials
import Glibc
import Synchronization
import Testing
import YggCore
import YggProcess

/// The real binary as a child of the test. `RunningFleet` starts it, and ends it with the test.
final class RunningYgg: Sendable {
    let address: String
    let executorAddress: String?
    let pid: pid_t
    private let run: Task<ProcessOutcome, Never>
    private let life: Life
    private let output: Transcript

    /// `ygg`, built beside the tests.
    static let binary: String = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        let folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return "\(folder)/ygg"
    }()

    private init(
        address: String,
        executorAddress: String?,
        pid: pid_t,
        run: Task<ProcessOutcome, Never>,
        life: Life,
        output: Transcript
    ) {
        self.address = address
        self.executorAddress = executorAddress
        self.pid = pid
        self.run = run
        self.life = life
        self.output = output
    }

    /// Starts `ygg ARGUMENTS` and returns once it has printed its ready line.
    /// - Parameter program: another name of the binary, or what is started instead and prints such a line too.
    static func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        program: String = binary
    ) async throws -> RunningYgg {
        let output = Transcript()
        let life = Life()
        let (lines, feed) = AsyncStream.makeStream(of: JSON.self)
        let (pids, pidFeed) = AsyncStream.makeStream(of: pid_t.self)
        let spec = ProcessSpec(
            argv: [program] + arguments,
            environment: childEnvironment.merging(environment) { $1 },
            killGrace: .seconds(1)
        )
        let run = Task {
            let outcome = await runProcess(spec) { stream, bytes in
                for line in output.append(bytes, of: stream) where line["event"] == "ready" { feed.yield(line) }
            } onStart: {
                pidFeed.yield($0)
            }
            life.end()
            feed.finish()
            pidFeed.finish()
            return outcome
        }
        var ready: JSON?
        for await line in lines {
            ready = line
            break
        }
        var started: pid_t?
        for await pid in pids {
            started = pid
            break
        }
        guard let ready, let pid = started, let address = ready["address"]?.stringValue else {
            run.cancel()
            _ = await run.value
            throw EndToEndFailure(
                "\(program) \(arguments.joined(separator: " ")) did not get ready:\n\(output.text)"
            )
        }
        return RunningYgg(
            address: address,
            executorAddress: ready["executorAddress"]?.stringValue,
            pid: pid,
            run: run,
            life: life,
            output: output
        )
    }

    var log: String { output.text }

    /// Whoever has ended gets none.
    func signal(_ signal: Int32) { life.send(signal, to: pid) }

    /// Whether it heeds the signal itself. One that nobody has trapped yet would end it on the spot.
    func traps(_ signal: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let trapped = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?
            .split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        return (trapped ?? 0) >> (signal - 1) & 1 == 1
    }

    /// Ends it as power loss would, and waits until it is gone.
    func killNow() async {
        signal(SIGKILL)
        _ = await run.value
    }

    /// Asks it to stop and waits for its end; where the test is out of time, ends it.
    @discardableResult
    func stop() async -> ProcessOutcome {
        signal(SIGTERM)
        return await end()
    }

    /// Ends it if it has not ended: in order, or killed where that takes longer than a second.
    fileprivate func leave() async {
        run.cancel()
        _ = await run.value
    }

    /// Waits for an end that comes by itself; where the test is out of time, ends it.
    func end() async -> ProcessOutcome {
        await withTaskCancellationHandler {
            await run.value
        } onCancel: {
            run.cancel()
        }
    }

    static var childEnvironment: [String: String] {
        cleanEnvironment(from: ProcessInfo.processInfo.environment).merging(["NO_COLOR": "1"]) { $1 }
    }
}

/// Whether a process is there to be signalled: once it was reaped its number may be somebody else's.
private final class Life: Sendable {
    private let isOver = Mutex(false)

    func end() { isOver.withLock { $0 = true } }

    func send(_ signal: Int32, to pid: pid_t) {
        isOver.withLock { isOver in
            guard !isOver else { return }
            kill(pid, signal)
        }
    }
}

/// What the process wrote so far, by lines.
private final class Transcript: Sendable {
    private struct State {
        var all = ""
        /// The line that each stream is in the middle of.
        var partial: [OutputStream: [UInt8]] = [:]
    }

    private let state = Mutex(State())

    var text: String { state.withLock { $0.all } }

    /// - Returns: the lines that are complete now and are JSON.
    func append(_ bytes: ArraySlice<UInt8>, of stream: OutputStream) -> [JSON] {
        state.withLock { state in
            state.all += String(decoding: bytes, as: UTF8.self)
            var partial = state.partial[stream] ?? []
            partial += bytes
            var lines: [JSON] = []
            while let end = partial.firstIndex(of: UInt8(ascii: "\n")) {
                if let line = try? JSON(parsing: Array(partial[..<end])) { lines.append(line) }
                partial.removeSubrange(...end)
            }
            state.partial[stream] = partial
            return lines
        }
    }
}

struct EndToEndFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A directory of the test's own, gone with it.
struct ScratchDirectory: ~Copyable {
    let path: String

    init() throws {
        path = "\(NSTemporaryDirectoryPath())/ygg-e2e-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

private func NSTemporaryDirectoryPath() -> String {
    let path = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    return path.hasSuffix("/") ? String(path.dropLast()) : path
}

/// The processes of one test. They end with it, also where it throws.
final class RunningFleet: Sendable {
    private let members = Mutex<[RunningYgg]>([])

    private init() {}

    static func with<Value>(_ body: (RunningFleet) async throws -> Value) async throws -> Value {
        let fleet = RunningFleet()
        do {
            let value = try await body(fleet)
            await fleet.leave()
            return value
        } catch {
            let logs = fleet.members.withLock { $0.map { "\($0.log.suffix(4000))" } }
            Issue.record("\(error)\nlogs of ygg:\n\(logs.joined(separator: "\n--\n"))")
            await fleet.leave()
            throw error
        }
    }

    /// Starts `ygg ARGUMENTS` and returns once it has printed its ready line.
    /// - Parameter terminal: that it is started in; else in none.
    func start(
        _ arguments: [String],
        environment: [String: String] = [:],
        terminal: PseudoTerminal? = nil
    ) async throws -> RunningYgg {
        var (program, words) = (RunningYgg.binary, arguments)
        if let terminal {
            // Whoever leads a session, as it does, has a terminal as its own by opening it.
            words = ["-c", "exec \"$0\" \"$@\" <\(terminal.path)", program] + words
            program = "/bin/sh"
        }
        let ygg = try await RunningYgg.start(words, environment: environment, program: program)
        members.withLock { $0.append(ygg) }
        return ygg
    }

    /// The last that was started ends first: executors before their coordinator.
    private func leave() async {
        for ygg in members.withLock({ $0.reversed() }) { await ygg.leave() }
    }
}

/// Runs `body` against `ygg up` on free ports in a directory of its own.
func withUp<Value>(
    _ arguments: [String] = [],
    configuration: String? = nil,
    environment: [String: String] = [:],
    terminal: PseudoTerminal? = nil,
    _ body: (RunningYgg, _ directory: String) async throws -> Value
) async throws -> Value {
    let scratch = try ScratchDirectory()
    let directory = scratch.path
    var all = ["up", "--port", "0", "--executor-port", "0", "--data-dir", "\(directory)/data"] + arguments
    if let configuration {
        let path = "\(directory)/yggdrasil.yaml"
        try configuration.write(toFile: path, atomically: true, encoding: .utf8)
        all += ["--config", path]
    }
    return try await RunningFleet.with { fleet in
        let ygg = try await fleet.start(all, environment: environment, terminal: terminal)
        return try await body(ygg, directory)
    }
}
