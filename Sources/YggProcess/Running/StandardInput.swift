import Glibc
import Subprocess

/// What a child is given to read.
enum StandardInput {
    /// Writing to a child that has stopped reading raises SIGPIPE, which would end this process; swift-subprocess
    /// 1.0.2 does not guard against it. Ignored once and for good: a writer learns the same from `EPIPE`. Children are
    /// not touched by it, they start with every signal at its default.
    private static let brokenPipesAreErrors: Void = {
        _ = signal(SIGPIPE, SIG_IGN)
    }()

    /// Gives a child its input and then end of file. Ends at the latest when the child does.
    static func feed(_ bytes: [UInt8], to writer: StandardInputWriter) async {
        _ = brokenPipesAreErrors
        // A child need not read what it is given: neither an error nor a short write says anything about its work.
        _ = try? await writer.write(bytes)
        try? await writer.finish()
    }
}
