import Synchronization
import YggClient
import YggCore

extension OllamaProvider {
    package func info(of model: String) async throws -> ModelInfo {
        let json = try await call("POST", "/api/show", ["model": .string(model)], place(of: model))
        return OllamaLibrary.shown(json, name: model)
    }

    package func installed() async throws -> [ModelInfo] {
        OllamaLibrary.tagged(try await call("GET", "/api/tags", nil, place(of: "")))
    }

    package func resident() async throws -> [ResidentModel] {
        OllamaLibrary.running(try await call("GET", "/api/ps", nil, place(of: "")))
    }

    /// The server's version. It says that the server runs, whatever its models do.
    package func version() async throws -> String {
        let json = try await call("GET", "/api/version", nil, place(of: ""))
        return json["version"]?.stringValue ?? ""
    }

    package func ping() async throws { _ = try await version() }

    private func call(_ method: String, _ path: String, _ body: JSON?, _ place: ModelPlace) async throws -> JSON {
        let reply: HTTPReply
        do {
            reply = try await transport.send(method: method, path: path, body: body?.bytes, timeout: .seconds(15))
        } catch {
            throw failure(error, place)
        }
        guard reply.status == 200 else {
            throw OllamaErrors.failure(
                status: reply.status,
                body: reply.body,
                retryAfter: reply.retryAfter,
                at: place
            )
        }
        guard let json = reply.json, json.objectValue != nil else {
            throw ModelFailure(.wrongEndpoint, "\(place.endpoint)\(path) did not answer with JSON.", at: place)
        }
        return json
    }

    /// Sends a body and hands the answer over as it comes; what goes wrong on the way is a `ModelFailure`.
    func stream(
        _ path: String,
        _ body: [UInt8],
        _ place: ModelPlace,
        patience: StreamPatience? = nil,
        _ take: @escaping @Sendable (StreamedPiece) async throws -> Void
    ) async throws {
        do {
            try await transport.stream(
                method: "POST",
                path: path,
                headers: [("accept", "application/x-ndjson")],
                body: body,
                patience: patience ?? settings.timing.patience,
                take
            )
        } catch {
            throw failure(error, place)
        }
    }

    private func failure(_ error: any Error, _ place: ModelPlace) -> any Error {
        switch error {
        case let error as TransportError: ModelFailure(error, at: place)
        case let error as StreamStall: ModelFailure(error, at: place)
        default: error
        }
    }
}

/// An answer as it arrives: the decoder of its kind, or, where its status is none of success, the error that it is.
final class OllamaAnswer<Decoder: OllamaDecoder>: Sendable {
    private struct State {
        var decoder: Decoder
        var status = 0
        var retryAfter: Milliseconds?
        var errorBody: [UInt8] = []
    }

    /// An error is a line or two; the rest of a page is of no use to anybody.
    private static var maxErrorBytes: Int { 64 << 10 }

    private let place: ModelPlace
    private let state: Mutex<State>

    init(_ decoder: Decoder, at place: ModelPlace) {
        self.place = place
        state = Mutex(State(decoder: decoder))
    }

    func take(_ piece: StreamedPiece) throws -> [Decoder.Element] {
        try state.withLock { state in
            switch piece {
            case .head(let status, let headers):
                state.status = status
                state.retryAfter = HTTPReply(status: status, headers: headers, body: []).retryAfter
                return []
            case .bytes(let bytes) where state.status == 200: return try state.decoder.feed(bytes)
            case .bytes(let bytes):
                state.errorBody += bytes.prefix(Self.maxErrorBytes - state.errorBody.count)
                return []
            }
        }
    }

    /// After the last byte.
    func finish() throws -> [Decoder.Element] {
        try state.withLock { state in
            guard state.status == 200 else {
                throw OllamaErrors.failure(
                    status: state.status,
                    body: state.errorBody,
                    retryAfter: state.retryAfter,
                    at: place
                )
            }
            return try state.decoder.finish()
        }
    }
}

/// What turns the bytes of an answer into what they mean.
protocol OllamaDecoder: Sendable {
    associatedtype Element: Sendable

    mutating func feed(_ bytes: [UInt8]) throws(ModelFailure) -> [Element]
    mutating func finish() throws(ModelFailure) -> [Element]
}

extension OllamaReplyDecoder: OllamaDecoder {}
extension OllamaPullDecoder: OllamaDecoder {}

extension ModelFailure {
    fileprivate init(_ error: TransportError, at place: ModelPlace) {
        switch error {
        case .unreachable(let url, let reason):
            self.init(.unreachable, "Nobody answers at \(url): \(reason).", at: place)
        case .broken(let url, let reason):
            self.init(.connectionBroken, "The connection to \(url) broke: \(reason).", at: place)
        case .timedOut(let url, let duration):
            self.init(.firstTokenTimeout, "\(url) did not answer within \(duration).", at: place)
        case .tooLarge(let url, _):
            self.init(.malformedStream, "The answer of \(url) is longer than any answer should be.", at: place)
        case .invalidURL(let url, let reason):
            self.init(.invalidRequest, "The address \(url) cannot be called: \(reason).", at: place)
        }
    }

    fileprivate init(_ stall: StreamStall, at place: ModelPlace) {
        switch stall.stretch {
        case .firstByte:
            self.init(.firstTokenTimeout, "\(place.model) said nothing within \(stall.after).", at: place)
        case .silence: self.init(.stalled, "\(place.model) fell silent for \(stall.after).", at: place)
        case .whole: self.init(.tookTooLong, "\(place.model) was not done within \(stall.after).", at: place)
        }
    }
}
