import YggAgent
import YggCore

/// The models that a server has.
struct OllamaList: ModelHandler {
    let spec: KindSpec
    let models: ModelDirectory

    func ask(_ choice: ModelChoice, _ run: AttemptRun) async throws -> JSONObject {
        let installed = try await choice.provider.service.installed()
        await run.say(
            table(
                [["MODEL", "SIZE", "PARAMETERS", "QUANTISATION"]]
                    + installed.map { model in
                        [
                            model.name, model.sizeBytes.map(bytes) ?? "", model.parameterSize ?? "",
                            model.quantisation ?? "",
                        ]
                    }
            )
        )
        let size = installed.reduce(0) { $0 + ($1.sizeBytes ?? 0) }
        return [
            "summary": .string("\(counted(installed.count, "model")), \(bytes(size))"),
            "models": .array(installed.map { .object($0.json) }),
        ]
    }
}

/// The models in a server's memory.
struct OllamaPs: ModelHandler {
    let spec: KindSpec
    let models: ModelDirectory

    func ask(_ choice: ModelChoice, _ run: AttemptRun) async throws -> JSONObject {
        let resident = try await choice.provider.service.resident()
        await run.say(
            table(
                [["MODEL", "SIZE", "ON THE GPU", "CONTEXT"]]
                    + resident.map { model in
                        [
                            model.name, model.sizeBytes.map(bytes) ?? "", model.share.map { "\($0)%" } ?? "",
                            model.contextTokens.map { "\($0)" } ?? "",
                        ]
                    }
            )
        )
        let names = resident.map(\.name).joined(separator: ", ")
        return [
            "summary": .string(resident.isEmpty ? "No model is in memory" : "In memory: \(names)"),
            "models": .array(resident.map { .object($0.json) }),
        ]
    }
}

/// What a model is and can do.
struct OllamaShow: ModelHandler {
    let spec: KindSpec
    let models: ModelDirectory

    func ask(_ choice: ModelChoice, _ run: AttemptRun) async throws -> JSONObject {
        let info = try await choice.described()
        var result = info.json
        result["model"] = .string(choice.name)
        result["summary"] = .string(info.sentence)
        await run.say("\(info.sentence)\n")
        return result
    }
}

/// Fetches a model.
struct OllamaPull: ModelHandler {
    let spec: KindSpec
    let models: ModelDirectory

    func ask(_ choice: ModelChoice, _ run: AttemptRun) async throws -> JSONObject {
        let meter = PullMeter()
        let room = PullRoom(choice, run)
        try await choice.provider.service.pull(choice.model) { progress in
            run.context.heard()
            try await room.check(progress)
            if meter.isWorthTelling(progress) { await run.progress(progress, of: choice.name) }
        }
        let info = try await choice.described()
        await run.say("\(info.sentence)\n")
        var result = info.json
        result["model"] = .string(choice.name)
        result["summary"] = .string("Fetched \(info.sentence)")
        return result
    }
}

extension ModelChoice {
    /// What the server says of the model, with its size, which it says only in its list.
    fileprivate func described() async throws -> ModelInfo {
        var info = try await provider.service.info(of: model)
        if info.sizeBytes == nil {
            info.sizeBytes = try await provider.service.installed()
                .first { OllamaLibrary.isSame($0.name, model) }?.sizeBytes
        }
        return info
    }
}

extension ModelInfo {
    fileprivate var sentence: String {
        let facts = [
            sizeBytes.map(bytes), parameterSize.map { "\($0) parameters" }, quantisation,
            trainedContext.map { "context \($0)" },
            capabilities.isEmpty ? nil : "can do \(capabilities.joined(separator: ", "))",
        ]
        return ([name] + facts.compactMap { $0 }).joined(separator: ", ")
    }

    fileprivate var json: JSONObject {
        var object: JSONObject = ["name": .string(name)]
        object.append("sizeBytes", .optional(sizeBytes))
        object.append("parameterSize", .optional(parameterSize))
        object.append("quantisation", .optional(quantisation))
        object.append("family", .optional(family))
        object.append("contextTokens", .optional(trainedContext))
        object.append("capabilities", .array(capabilities.map(JSON.string)))
        object.append("digest", .optional(digest))
        if isRemote { object.append("remote", true) }
        return object
    }
}

extension ResidentModel {
    /// How much of it is on a graphics card, in percent.
    fileprivate var share: Int64? {
        guard let sizeBytes, sizeBytes > 0, let sizeInVideoMemory else { return nil }
        return sizeInVideoMemory * 100 / sizeBytes
    }

    fileprivate var json: JSONObject {
        var object: JSONObject = ["name": .string(name)]
        object.append("sizeBytes", .optional(sizeBytes))
        object.append("videoMemoryBytes", .optional(sizeInVideoMemory))
        object.append("contextTokens", .optional(contextTokens))
        return object
    }
}

private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
