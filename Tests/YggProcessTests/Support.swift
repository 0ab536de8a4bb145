import Glibc
import Synchronization

@testable import YggProcess

/// A shell script as a command with a small environment.
func script(
    _ text: String,
    input: [UInt8]? = nil,
    runTimeout: Duration? = nil,
    silenceTimeout: Duration? = nil,
    killGrace: Duration = .seconds(5)
) -> ProcessSpec {
    ProcessSpec(
        argv: ["sh", "-c", text],
        environment: ["PATH": "/usr/bin:/bin"],
        standardInput: input,
        runTimeout: runTimeout,
        silenceTimeout: silenceTimeout,
        killGrace: killGrace
    )
}

/// Everything one run wrote.
final class Recorder: Sendable {
    private let streams = Mutex<[OutputStream: [UInt8]]>([:])

    func take(_ stream: OutputStream, _ bytes: ArraySlice<UInt8>) {
        streams.withLock { $0[stream, default: []] += bytes }
    }

    func bytes(_ stream: OutputStream) -> [UInt8] {
        streams.withLock { $0[stream] ?? [] }
    }

    func text(_ stream: OutputStream) -> String {
        String(decoding: bytes(stream), as: UTF8.self)
    }
}

/// A run in a task of its own, that a test can talk to by what the child says.
struct BackgroundRun {
    let recorder = Recorder()
    let task: Task<ProcessOutcome, Never>
    private let said: AsyncStream<String>

    init(_ spec: ProcessSpec) {
        let (said, saying) = AsyncStream.makeStream(of: String.self)
        self.said = said
        let recorder = recorder
        task = Task {
            defer { saying.finish() }
            return await runProcess(spec) { stream, bytes in
                recorder.take(stream, bytes)
                saying.yield(String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// The first thing the child says.
    func firstWords() async -> String {
        await said.first { _ in true } ?? ""
    }
}

/// A process that exists and is not merely waiting to be reaped by whoever adopted it.
func isAlive(_ id: pid_t) -> Bool {
    guard kill(id, 0) == 0, let status = SmallFile.read("/proc/\(id)/stat") else { return false }
    // "pid (name) state …", and the name may contain anything.
    return status.split(separator: ")").last?.split(separator: " ").first != "Z"
}

/// Returns once the process is gone. Nothing tells of it, so it is looked for.
/// - Throws: `CancellationError` where the suite is out of time.
func death(of id: pid_t) async throws {
    while isAlive(id) { try await Task.sleep(for: .milliseconds(5)) }
}

/// SplitMix64: the same seed gives the same run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// New seeds in every run of the tests; a failure shows its own.
func seeds(_ count: Int) -> [UInt64] {
    (0..<count).map { _ in UInt64.random(in: .min ... .max) }
}
