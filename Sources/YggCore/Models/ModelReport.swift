/// What an executor says of the models that it can ask, as the member `models` of its resources: which servers answer,
/// and what they hold in memory.
package struct ModelReport: Sendable, Hashable {
    package struct Endpoint: Sendable, Hashable {
        /// Its name in the configuration.
        package var provider: String
        package var url: String
        package var isReachable: Bool
        /// Since when it answers, or does not. For people; nothing is decided by it.
        package var since: Timestamp
        /// Why it does not.
        package var detail: String?

        package init(provider: String, url: String, isReachable: Bool, since: Timestamp, detail: String? = nil) {
            self.provider = provider
            self.url = url
            self.isReachable = isReachable
            self.since = since
            self.detail = detail
        }

        /// That it does not answer, since when and why.
        package var sentence: String {
            "\(url) (\(provider)) has not answered since \(since)" + (detail.map { ": \($0)" } ?? "")
        }
    }

    /// For work that names no model, as `provider/model`.
    package var defaultModel: String
    package var endpoints: [Endpoint]
    /// As `provider/model`, sorted: asking one of these costs no load.
    package var resident: [String]

    package init(defaultModel: String, endpoints: [Endpoint], resident: [String] = []) {
        self.defaultModel = defaultModel
        self.endpoints = endpoints
        self.resident = resident
    }

    /// The server of this model, where it does not answer.
    /// - Parameter model: nil for the default. One of a provider that is not known here is not missing: whoever asks for
    ///   it is told so by the executor.
    package func unreachable(for model: String?) -> Endpoint? {
        let provider = Self.provider(of: full(model))
        return endpoints.first { $0.provider == provider && !$0.isReachable }
    }

    package func holds(_ model: String?) -> Bool {
        let name = full(model)
        return resident.contains(name) || resident.contains("\(name):latest")
    }

    /// A name without a provider is one of the default's.
    private func full(_ model: String?) -> String {
        guard let model else { return defaultModel }
        return model.contains("/") ? model : "\(Self.provider(of: defaultModel))/\(model)"
    }

    private static func provider(of name: String) -> String {
        String(name.prefix { $0 != "/" })
    }

    package var json: JSONObject {
        [
            "default": .string(defaultModel),
            "endpoints": .array(
                endpoints.map { endpoint in
                    var object: JSONObject = [
                        "provider": .string(endpoint.provider), "endpoint": .string(endpoint.url),
                        "state": .string(endpoint.isReachable ? "reachable" : "unreachable"),
                        "since": .string(endpoint.since.description),
                    ]
                    object.append("detail", .optional(endpoint.detail))
                    return .object(object)
                }
            ),
            "resident": .array(resident.map(JSON.string)),
        ]
    }

    /// nil where the resources of an executor say nothing of models, or nothing that this version understands: then its
    /// work is granted as any other.
    package init?(in resources: JSONObject) {
        guard let json = resources["models"], let defaultModel = json["default"]?.stringValue else { return nil }
        self.init(
            defaultModel: defaultModel,
            endpoints: (json["endpoints"]?.arrayValue ?? []).compactMap { endpoint in
                guard let provider = endpoint["provider"]?.stringValue, let url = endpoint["endpoint"]?.stringValue,
                    let since = endpoint["since"]?.stringValue.flatMap(Timestamp.init)
                else { return nil }
                return Endpoint(
                    provider: provider,
                    url: url,
                    isReachable: endpoint["state"]?.stringValue != "unreachable",
                    since: since,
                    detail: endpoint["detail"]?.stringValue
                )
            },
            resident: (json["resident"]?.arrayValue ?? []).compactMap(\.stringValue)
        )
    }
}

extension TaskKind {
    /// Whether its work begins with asking a model, so that it is of no use to grant it where none answers.
    package var asksModel: Bool { prefix == "code-" || prefix == "llm-" }
}
