import YggCore

/// What the lines of `/api/pull` say: parts come side by side, each with its digest, and only `success` is a success.
package struct OllamaPullDecoder: Sendable {
    private let place: ModelPlace
    private var splitter = LineSplitter(limit: 1 << 20)
    private var layers: [String: (total: Int64, completed: Int64)] = [:]
    private var succeeded = false

    package init(place: ModelPlace) { self.place = place }

    package mutating func feed(_ bytes: [UInt8]) throws(ModelFailure) -> [PullProgress] {
        let lines: [ArraySlice<UInt8>]
        do {
            lines = try splitter.feed(bytes)
        } catch {
            throw malformed("is too long")
        }
        var progress: [PullProgress] = []
        for line in lines { progress.append(try read(line)) }
        return progress
    }

    package mutating func finish() throws(ModelFailure) -> [PullProgress] {
        var progress: [PullProgress] = []
        if let line = splitter.rest() { progress.append(try read(line)) }
        guard succeeded else {
            throw ModelFailure(.incompleteStream, "The fetch of \(place.model) ended without a success.", at: place)
        }
        return progress
    }

    private mutating func read(_ line: ArraySlice<UInt8>) throws(ModelFailure) -> PullProgress {
        let json: JSON
        do {
            json = try JSON(parsing: line)
        } catch {
            throw malformed("is \(error)")
        }
        if let error = json["error"] {
            var failure = OllamaErrors.failure(saying: error.stringValue ?? error.text, status: nil, at: place)
            // A model that cannot be fetched is no model that has to be fetched.
            if failure.code == .modelMissing || failure.code == .serverError {
                failure = ModelFailure(.pullFailed, failure.detail, at: place)
            }
            throw failure
        }
        let status = json["status"]?.stringValue ?? ""
        if status == "success" { succeeded = true }
        if let digest = json["digest"]?.stringValue, let total = json["total"]?.ollamaCount {
            // Left out while it is zero.
            layers[digest] = (total, json["completed"]?.ollamaCount ?? layers[digest]?.completed ?? 0)
        }
        return PullProgress(
            status: status,
            totalBytes: layers.values.reduce(0) { $0 &+ $1.total },
            completedBytes: layers.values.reduce(0) { $0 &+ $1.completed }
        )
    }

    private func malformed(_ what: String) -> ModelFailure {
        ModelFailure(.malformedStream, "A line of the fetch of \(place.model) \(what).", at: place)
    }
}
