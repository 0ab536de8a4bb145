package import YggCore

/// The models that this process can ask, by `provider/model`: whom to ask, which gate to pass, and what all questions to
/// one provider have in common.
package struct ModelDirectory: Sendable {
    /// One provider as it is set up.
    package struct Setup: Sendable {
        package var name: String
        package var service: any ModelProvider
        /// How many answers its server works on at once.
        package var parallel: Int
        /// The context of every call; nil where the provider has none to fix.
        package var contextTokens: Int64?
        /// Whether a model that is missing is fetched when it is asked for.
        package var allowsPull: Bool
        /// What the whole fleet calls its server, where the address does not tell.
        package var gate: String?

        package init(
            name: String,
            service: any ModelProvider,
            parallel: Int = 1,
            contextTokens: Int64? = nil,
            allowsPull: Bool = false,
            gate: String? = nil
        ) {
            self.name = name
            self.service = service
            self.parallel = parallel
            self.contextTokens = contextTokens
            self.allowsPull = allowsPull
            self.gate = gate
        }
    }

    package struct Provider: Sendable {
        package let name: String
        package let service: any ModelProvider
        /// Shared by all providers of one server.
        package let gate: ModelGateDesk
        package let contextTokens: Int64?
        package let allowsPull: Bool
    }

    package let providers: [Provider]
    /// Of their servers, each once.
    package let gates: [ModelGateDesk]
    /// For work that names no model, as `provider/model`.
    package let defaultModel: String
    package let watch: ModelWatch
    /// Whether somebody named them, so that one that does not answer is missed.
    package let isConfigured: Bool

    /// - Parameters:
    ///   - defaultModel: of one of the providers; without a slash, of the first.
    ///   - machine: what the fleet calls this machine, for servers that run here.
    package init(
        _ setups: [Setup],
        defaultModel: String,
        isConfigured: Bool = true,
        machine: String = "localhost",
        now: @escaping @Sendable () -> Instant = monotonicNow
    ) {
        // A graphics card does not know how many names it has.
        var desks: [String: ModelGateDesk] = [:]
        for (name, sharing) in Dictionary(grouping: setups, by: { GateName.of($0, on: machine) }) {
            let isScripted = sharing.allSatisfy { $0.service.identity.isScripted }
            let capacity = sharing.map(\.parallel).max() ?? 1
            desks[name] = ModelGateDesk(
                // A scenario has nothing to load, and nobody to share it with.
                .init(capacity: capacity, models: isScripted ? capacity : 1),
                name: isScripted ? nil : name,
                now: now
            )
        }
        providers = setups.map { setup in
            Provider(
                name: setup.name,
                service: setup.service,
                gate: desks[GateName.of(setup, on: machine)] ?? ModelGateDesk(ModelGate.Limits(), now: now),
                contextTokens: setup.contextTokens,
                allowsPull: setup.allowsPull
            )
        }
        gates = desks.sorted { $0.key < $1.key }.map(\.value)
        self.defaultModel =
            defaultModel.contains("/") ? defaultModel : "\(setups.first?.name ?? "ollama")/\(defaultModel)"
        self.isConfigured = isConfigured
        watch = ModelWatch(providers, defaultModel: self.defaultModel)
    }

    /// Ollama on this machine with the model that everybody can run: what counts without a configuration.
    package static func standard() -> ModelDirectory {
        let ollama = OllamaProvider(OllamaSettings(host: OllamaHost(parsing: "http://localhost:11434")))
        return ModelDirectory(
            [Setup(name: "ollama", service: ollama, contextTokens: ollama.settings.numCtx)],
            defaultModel: "ollama/qwen2.5-coder:3b",
            isConfigured: false
        )
    }

    /// What stands behind a name.
    /// - Parameter name: `provider/model`, or a model of the default's provider; nil for the default.
    package func model(_ name: String?) throws(UnknownProvider) -> ModelChoice {
        let name = name.flatMap { $0.isEmpty ? nil : $0 } ?? defaultModel
        guard let slash = name.firstIndex(of: "/") else {
            return ModelChoice(provider: try provider(Self.provider(of: defaultModel)), model: name, watch: watch)
        }
        let model = String(name[name.index(after: slash)...])
        let found = try provider(String(name[..<slash]), for: name)
        guard !model.isEmpty else { throw UnknownProvider(name: name, nearest: nil, known: providers.map(\.name)) }
        return ModelChoice(provider: found, model: model, watch: watch)
    }

    /// - Parameters:
    ///   - name: nil for the default's.
    ///   - whole: what it is the beginning of.
    package func provider(_ name: String?, for whole: String? = nil) throws(UnknownProvider) -> Provider {
        let name = name ?? Self.provider(of: defaultModel)
        if let found = providers.first(where: { $0.name == name }) { return found }
        let names = providers.map(\.name)
        throw UnknownProvider(name: whole ?? name, nearest: nearest(to: name, among: names), known: names)
    }

    private static func provider(of name: String) -> String { String(name.prefix { $0 != "/" }) }
}

/// A name whose provider nobody configured.
package struct UnknownProvider: Error, Sendable, Hashable, CustomStringConvertible {
    package static let code = "model-unknown-provider"

    package var name: String
    package var nearest: String?
    package var known: [String]

    /// What is wrong, and what to do about it.
    package var description: String {
        let hint = nearest.map { "; did you mean \($0)? " } ?? ". "
        let example = known.first.map { "\($0)/\(name.split(separator: "/").last.map(String.init) ?? "model")" }
        return "\"\(name)\" does not begin with a provider that is configured here\(hint)There "
            + (known.count == 1 ? "is " : "are ") + known.joined(separator: ", ")
            + (example.map { ", so write a model as \($0)." } ?? ".") + " Others are added under `models.providers`."
    }
}
