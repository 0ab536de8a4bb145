import FoundationEssentials
import Testing
import YggProcess

/// A git server with a password, in a process of its own for one test: `Tests/Doubles/git_http.py`.
struct GitServerDouble {
    /// Without a slash at the end.
    let address: String

    /// - Parameter directory: of the repositories it serves.
    static func run(
        _ directory: String,
        password: String,
        _ body: (GitServerDouble) async throws -> Void
    ) async throws {
        let (lines, feed) = AsyncStream.makeStream(of: [UInt8].self)
        let spec = ProcessSpec(
            argv: ["python3", "\(OllamaDouble.folder)/git_http.py", directory, password],
            environment: cleanEnvironment(from: ProcessInfo.processInfo.environment),
            killGrace: .seconds(1)
        )
        let process = Task {
            defer { feed.finish() }
            return await runProcess(spec) { _, bytes in feed.yield(Array(bytes)) }
        }
        var failure: (any Error)?
        do {
            var output: [UInt8] = []
            for await bytes in lines {
                output += bytes
                if output.last == 0x0A { break }
            }
            let port = String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline).first
            try await body(GitServerDouble(address: "http://127.0.0.1:\(try #require(port.flatMap { Int($0) }))"))
        } catch {
            failure = error
        }
        process.cancel()
        _ = await process.value
        if let failure { throw failure }
    }
}
