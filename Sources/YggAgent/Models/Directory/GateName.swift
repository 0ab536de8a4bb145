/// What everybody in a fleet calls one server of models, so that all who ask it stand in one line: machine and port.
enum GateName {
    /// - Parameter machine: where this process runs; "localhost" is another server on every machine.
    static func of(_ setup: ModelDirectory.Setup, on machine: String) -> String {
        if let name = setup.gate { return name }
        let identity = setup.service.identity
        guard !identity.isScripted else { return identity.endpoint }
        let address = OllamaHost(parsing: identity.endpoint)
        return "\(address.isLocal ? short(machine) : short(address.host)):\(address.port)"
    }

    /// The name of a machine, without the domain under which some of its neighbours know it.
    private static func short(_ host: String) -> String {
        let isNumeric =
            host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || ($0 >= 0x30 && $0 <= 0x39) } || host.contains(":")
        return isNumeric ? host : String(host.lowercased().prefix { $0 != "." })
    }
}
