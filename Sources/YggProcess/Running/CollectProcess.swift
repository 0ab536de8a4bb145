import Synchronization

/// A run with its output as text.
package struct CollectedOutput: Sendable, Equatable {
    package var outcome: ProcessOutcome
    package var stdout: String
    package var stderr: String
    /// The middle of at least one stream is missing.
    package var truncated: Bool

    package init(outcome: ProcessOutcome, stdout: String, stderr: String, truncated: Bool) {
        self.outcome = outcome
        self.stdout = stdout
        self.stderr = stderr
        self.truncated = truncated
    }
}

/// Runs a command and keeps its output: of each stream the first and the last half of `limit` bytes, with a line
/// between them that says how much is missing. Ends as ``runProcess(_:onOutput:onStart:)`` does.
/// - Parameter heard: is called for every piece of output.
package func collectProcess(
    _ spec: ProcessSpec,
    limit: Int = 1 << 20,
    heard: @escaping @Sendable () -> Void = {}
) async -> CollectedOutput {
    let collector = Collector(limit: limit)
    let outcome = await runProcess(spec) { stream, bytes in
        heard()
        collector.take(bytes, from: stream)
    }
    return collector.collected(outcome)
}

/// Where the two streams of one run meet.
private final class Collector: Sendable {
    private let streams: Mutex<(stdout: HeadTailBuffer, stderr: HeadTailBuffer)>

    init(limit: Int) {
        let empty = HeadTailBuffer(head: limit / 2, tail: limit - limit / 2)
        streams = Mutex((empty, empty))
    }

    func take(_ bytes: ArraySlice<UInt8>, from stream: OutputStream) {
        streams.withLock {
            switch stream {
            case .stdout: $0.stdout.append(bytes)
            case .stderr: $0.stderr.append(bytes)
            }
        }
    }

    func collected(_ outcome: ProcessOutcome) -> CollectedOutput {
        streams.withLock {
            CollectedOutput(
                outcome: outcome,
                stdout: $0.stdout.text,
                stderr: $0.stderr.text,
                truncated: $0.stdout.missing > 0 || $0.stderr.missing > 0
            )
        }
    }
}
