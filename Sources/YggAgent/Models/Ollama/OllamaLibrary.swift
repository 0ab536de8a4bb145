package import YggCore

/// What `/api/show`, `/api/tags` and `/api/ps` say of models.
package enum OllamaLibrary {
    /// - Parameter name: as it was asked for: the answer does not repeat it.
    package static func shown(_ json: JSON, name: String) -> ModelInfo {
        var info = described(json, name: name)
        let facts = json["model_info"]
        if let architecture = facts?["general.architecture"]?.stringValue {
            info.trainedContext = facts?["\(architecture).context_length"]?.ollamaCount ?? info.trainedContext
        }
        return info
    }

    package static func tagged(_ json: JSON) -> [ModelInfo] {
        (json["models"]?.arrayValue ?? []).compactMap { entry in
            (entry["name"] ?? entry["model"])?.stringValue.map { described(entry, name: $0) }
        }
    }

    package static func running(_ json: JSON) -> [ResidentModel] {
        (json["models"]?.arrayValue ?? []).compactMap { entry in
            (entry["name"] ?? entry["model"])?.stringValue.map {
                ResidentModel(
                    name: $0,
                    sizeBytes: entry["size"]?.ollamaCount,
                    sizeInVideoMemory: entry["size_vram"]?.ollamaCount,
                    contextTokens: entry["context_length"]?.ollamaCount
                )
            }
        }
    }

    private static func described(_ json: JSON, name: String) -> ModelInfo {
        let details = json["details"]
        return ModelInfo(
            name: name,
            capabilities: (json["capabilities"]?.arrayValue ?? []).compactMap(\.stringValue),
            trainedContext: details?["context_length"]?.ollamaCount,
            sizeBytes: json["size"]?.ollamaCount,
            parameterSize: details?["parameter_size"]?.stringValue,
            quantisation: details?["quantization_level"]?.stringValue,
            family: details?["family"]?.stringValue,
            digest: json["digest"]?.stringValue,
            isRemote: (json["remote_host"] ?? json["remote_model"])?.stringValue.map { !$0.isEmpty } ?? false
        )
    }

    /// Whether two names mean the same model: case does not count, and what is left out is Ollama's own library and the
    /// tag `latest`.
    package static func isSame(_ left: String, _ right: String) -> Bool { full(left) == full(right) }

    private static func full(_ name: String) -> String {
        var parts = name.lowercased().split(separator: "/").map(String.init)
        if parts.count < 2 { parts.insert("library", at: 0) }
        if parts.count < 3 { parts.insert("registry.ollama.ai", at: 0) }
        if let last = parts.last, !last.contains(":") { parts[parts.count - 1] = last + ":latest" }
        return parts.joined(separator: "/")
    }
}
