import FoundationEssentials
import Glibc

/// Why something could not be done with a file, in the system's words: those of Foundation's errors are for programmers.
func fileReason(_ error: any Error) -> String {
    guard let system = (error as? CocoaError)?.underlying as? POSIXError else { return "\(error)" }
    return String(cString: strerror(system.code.rawValue))
}
