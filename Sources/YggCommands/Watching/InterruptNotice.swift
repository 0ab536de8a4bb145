import Dispatch
import Glibc
import Synchronization

/// Ctrl-C while a task is watched ends the watching, never the task, and says how to come back.
enum InterruptNotice {
    private static let text = Mutex<String>("")

    /// From now on Ctrl-C prints `words` and ends the process.
    static func install(_ words: String) {
        text.withLock { $0 = words }
        _ = isListening
    }

    /// Begins to listen when it is first asked. The source is never released: its handler holds it, and it is needed
    /// until the process ends.
    private static let isListening: Bool = {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            withExtendedLifetime(source) {
                let words = text.withLock { $0 }
                Console.error("\n" + Terminal.error.style(.dim, words) + "\n")
                exit(ExitStatus.interrupted.rawValue)
            }
        }
        source.resume()
        return true
    }()
}
