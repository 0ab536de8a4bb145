import Synchronization
import YggCore
import YggProcess

/// Takes secrets out of what one command writes. Its two streams are read at once, and each is a text of its own.
final class OutputFilter: Sendable {
    private let redactors: Mutex<(stdout: Redactor, stderr: Redactor)>

    /// nil where there is nothing to take out.
    init?(_ patterns: SecretPatterns) {
        if patterns.isEmpty { return nil }
        redactors = Mutex((Redactor(patterns), Redactor(patterns)))
    }

    func append(_ stream: OutputStream, _ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        redactors.withLock {
            switch stream {
            case .stdout: $0.stdout.append(bytes)[...]
            case .stderr: $0.stderr.append(bytes)[...]
            }
        }
    }

    /// What was held back, of each stream that has some: the command has ended.
    func finish() -> [(OutputStream, ArraySlice<UInt8>)] {
        redactors.withLock { [(.stdout, $0.stdout.finish()[...]), (.stderr, $0.stderr.finish()[...])] }
            .filter { !$0.1.isEmpty }
    }
}
