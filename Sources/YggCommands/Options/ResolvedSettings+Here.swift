import YggAgent
import YggConfiguration
import YggCore
import YggExecutor

extension ResolvedSettings {
    /// What counts for a command that was started here: its flags, the environment, the file.
    /// - Parameter config: the file, where one is named.
    static func here(role: Role, config: String? = nil, flags: [SettingKey: String] = [:]) throws -> ResolvedSettings {
        let environment = ProcessContext.environment
        let directory = ProcessContext.workingDirectory
        let path = try ConfigurationFile.locate(
            explicit: config,
            environment: environment,
            currentDirectory: directory
        )
        return try ResolvedSettings.resolve(
            role: role,
            flags: flags.merging(config.map { [.config: $0] } ?? [:]) { $1 },
            environment: environment,
            file: try path.map(ConfigurationFile.load),
            currentDirectory: directory
        )
    }

    /// The handlers that an executor with these settings offers.
    /// - Parameter models: whom they ask.
    /// - Throws: `ConfigurationError` for a selection or a declaration that only shows to be wrong beside the others.
    func handlerRegistry(_ models: ModelDirectory) throws -> HandlerRegistry {
        do throws(InvalidInput) {
            return try HandlerRegistry(
                handlerSets: handlers.names,
                declared: configuration.handlers,
                code: configuration.codeKinds,
                models: models,
                machine: machine
            )
        } catch {
            throw self.error(error)
        }
    }
}
