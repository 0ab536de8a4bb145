import YggAgent
import YggConfiguration
import YggCore

extension ModelDirectory {
    /// The providers that the configuration names.
    /// - Parameter wrapping: what stands between each and whoever asks it.
    /// - Throws: `ConfigurationError` for a scenario that cannot be read.
    init(
        _ settings: ResolvedSettings,
        wrapping: (any ModelProvider) -> any ModelProvider = { $0 }
    ) throws(ConfigurationError) {
        var setups: [Setup] = []
        for entry in settings.modelProviders {
            switch entry.service {
            case .ollama(let server): setups.append(Self.ollama(entry.name, server))
            case .scripted(let file):
                let scenario = try Self.scenario(file)
                setups.append(Setup(name: entry.name, service: ScriptedProvider(scenario), parallel: 64))
            }
        }
        for index in setups.indices { setups[index].service = wrapping(setups[index].service) }
        self.init(
            setups,
            defaultModel: settings.defaultModel,
            isConfigured: settings.namesModels,
            machine: ProcessContext.hostName
        )
    }

    private static func ollama(_ name: String, _ entry: OllamaEntry) -> Setup {
        let host = OllamaHost(parsing: entry.url ?? SettingKey.defaultOllama)
        var server = OllamaSettings(host: host, numCtx: entry.numCtx)
        if let limit = entry.timers.firstToken { server.timing.firstToken = limit.duration }
        if let limit = entry.timers.betweenTokens { server.timing.betweenTokens = limit.duration }
        if let limit = entry.timers.whole { server.timing.whole = limit.duration }
        return Setup(
            name: name,
            service: OllamaProvider(server),
            parallel: entry.parallel,
            contextTokens: entry.numCtx,
            allowsPull: entry.allowPull,
            gate: entry.gate
        )
    }

    private static func scenario(_ path: String) throws(ConfigurationError) -> Scenario {
        let file = try YAMLFile(path)
        do throws(InvalidInput) {
            return try Scenario(json: file.json)
        } catch {
            throw file.error(error)
        }
    }
}
