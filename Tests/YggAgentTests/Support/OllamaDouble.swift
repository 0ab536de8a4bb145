import FoundationEssentials
import Synchronization
import Testing
import YggClient
import YggCore
import YggProcess

/// The stand-in for an Ollama server, in a process of its own for one test. `Tests/Doubles/ollama_double.py` says what it
/// can be told.
struct OllamaDouble {
    let address: String

    static let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Doubles"

    /// - Parameter port: where it is to be found; 0 for any.
    static func run<Value: Sendable>(
        replies: [JSON] = [],
        port: Int = 0,
        _ body: (OllamaDouble) async throws -> Value
    ) async throws -> Value {
        let (lines, feed) = AsyncStream.makeStream(of: [UInt8].self)
        let spec = ProcessSpec(
            argv: ["python3", "\(folder)/ollama_double.py", "\(port)"],
            environment: cleanEnvironment(from: ProcessInfo.processInfo.environment),
            killGrace: .seconds(1)
        )
        let process = Task {
            defer { feed.finish() }
            return await runProcess(spec) { _, bytes in feed.yield(Array(bytes)) }
        }
        do {
            let double = try await ready(lines)
            if !replies.isEmpty { try await double.queue(replies) }
            let value = try await body(double)
            process.cancel()
            _ = await process.value
            return value
        } catch {
            process.cancel()
            _ = await process.value
            throw error
        }
    }

    private static func ready(_ lines: AsyncStream<[UInt8]>) async throws -> OllamaDouble {
        var output: [UInt8] = []
        for await bytes in lines {
            output += bytes
            guard output.last == 0x0A else { continue }
            let line = try JSON(parsing: output)
            return OllamaDouble(address: try #require(line["address"]?.stringValue))
        }
        throw DoubleFailure(output: String(decoding: output, as: UTF8.self))
    }

    struct DoubleFailure: Error {
        var output: String
    }

    /// One reply for each of the next calls.
    func queue(_ replies: [JSON]) async throws { _ = try await control("POST", "replies", .array(replies)) }

    /// Lets the replies go that are `held`.
    func release() async throws { _ = try await control("POST", "release") }

    /// Every request so far.
    var requests: [JSON] { get async throws { try await control("GET", "log")["requests"]?.arrayValue ?? [] } }

    /// The bodies of the calls of `/api/chat`.
    var chats: [JSON] {
        get async throws { try await requests.filter { $0["path"] == "/api/chat" }.compactMap { $0["body"] } }
    }

    /// How often a model had to be loaded again because it was asked for otherwise.
    var reloads: Int64? { get async throws { try await control("GET", "log")["reloads"]?.intValue } }

    /// How many asked a model at once, at most.
    var crowd: Int64? { get async throws { try await control("GET", "log")["crowd"]?.intValue } }

    /// Returns once so many requests have ended so.
    func wait(for count: Int = 1, ended: String) async throws {
        _ = try await control("GET", "wait?ended=\(ended)&count=\(count)")
    }

    /// Returns once so many questions have come to it, or have been answered.
    func wait(forChats count: Int, answered: Bool) async throws {
        _ = try await control("GET", "wait?path=/api/chat&count=\(count)" + (answered ? "&ended=answered" : ""))
    }

    private func control(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        let reply = try await HTTPTransport(baseURL: address, token: nil)
            .send(method: method, path: "/double/\(path)", body: body?.bytes)
        return try #require(reply.json)
    }
}
