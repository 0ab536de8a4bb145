import FoundationEssentials
package import YggCore

/// One entry of `executors:`, an executor at a fixed address. Registration wins over it.
package struct FixedExecutor: Sendable, Hashable {
    package let id: ExecutorID
    package let name: String
    package let description: String
    /// With its port.
    package let url: String
    package let metadata: JSONObject
    /// How long its running work may go on once it is told to leave; nil leaves that to the executor.
    package let drainTimeout: Milliseconds?
    /// What to authenticate with towards it.
    package let token: SecretReference?

    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        let id = try reader.required("id") { $0.read("id", .executorID) }
        let url = try reader.required("url") { $0.read("url", .url) }
        let port = reader.int("port", in: 1...65_535).map { Int($0) }
        self.id = id
        name = reader.read("name", .line) ?? id.rawValue
        description = reader.string("description", maxLength: 1000) ?? ""
        metadata = reader.object("metadata") ?? JSONObject()
        drainTimeout = reader.read("drainTimeout", .duration(ExecutorSection.drainTimeoutRange))
        token = reader.read("token", .secret)
        let written = URLComponents(string: url)?.port
        if let port, let written, port != written { reader.complain("port", "is \(port), but the url says \(written)") }
        self.url = written == nil ? FixedExecutor.adding(port ?? SettingKey.defaultExecutorPort, to: url) : url
    }

    private static func adding(_ port: Int, to url: String) -> String {
        var components = URLComponents(string: url)
        components?.port = port
        return components?.string ?? url
    }
}
