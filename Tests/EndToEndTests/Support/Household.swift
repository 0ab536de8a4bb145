import FoundationEssentials
import Glibc
import Testing
import YggClient
import YggCore
import YggProcess

/// A coordinator that asks everybody for a token, and the tokens that its operator gave out.
struct GuardedHousehold {
    let ygg: RunningYgg
    let directory: String
    let admin: String

    /// - Parameter arguments: further ones for `ygg coordinator`.
    static func with(
        _ arguments: [String] = [],
        configuration: String = "auth: {loopback: required}\n",
        port: String = "0",
        _ body: (GuardedHousehold, RunningFleet) async throws -> Void
    ) async throws {
        let scratch = try ScratchDirectory()
        let directory = scratch.path
        let file = "\(directory)/yggdrasil.yaml"
        try configuration.write(toFile: file, atomically: true, encoding: .utf8)
        try await RunningFleet.with { fleet in
            let ygg = try await fleet.start(
                ["coordinator", "--port", port, "--data-dir", "\(directory)/data", "--config", file] + arguments
            )
            let text = try String(contentsOfFile: "\(directory)/data/admin.token", encoding: .utf8)
            let household = GuardedHousehold(ygg: ygg, directory: directory, admin: String(text.dropLast()))
            try await body(household, fleet)
        }
    }

    /// A call that shows a token; nil shows none.
    func call(_ method: String, _ path: String, _ body: JSON? = nil, showing token: String?) async throws -> Answer {
        let reply = try await HTTPTransport(baseURL: ygg.address, token: token).send(
            method: method,
            path: path,
            body: body?.bytes,
            timeout: .seconds(60)
        )
        return Answer(status: reply.status, headers: reply.headers, json: reply.json, body: reply.body)
    }

    func token(_ name: String, _ role: String, expiresInMs: Int64? = nil) async throws -> String {
        var wanted: JSONObject = ["name": .string(name), "role": .string(role)]
        wanted.append("expiresInMs", expiresInMs.map(JSON.int))
        let answer = try await call("POST", "/v1/tokens", .object(wanted), showing: admin)
        try #require(answer.status == 201, "\(String(decoding: answer.body, as: UTF8.self))")
        return try #require(answer.json?["token"]?.stringValue)
    }

    /// Runs `ygg` as a person on this machine would: with a home of its own, and where the coordinator's data is.
    func cli(
        _ arguments: String...,
        input: String? = nil,
        environment: [String: String] = [:]
    ) async -> CollectedOutput {
        var all = ["XDG_CONFIG_HOME": "\(directory)/config", "YGG_DATA_DIR": "\(directory)/data"]
        all["YGG_COORDINATOR"] = ygg.address
        all.merge(environment) { $1 }
        let command = [RunningYgg.binary] + arguments
        // The secret comes over a pipe, as it would from a person's own tools.
        let argv = input == nil ? command : ["bash", "-c", "printf '%s\\n' \"$INPUT\" | exec \"$@\"", "bash"] + command
        all["INPUT"] = input
        return await collectProcess(
            ProcessSpec(
                argv: argv,
                environment: RunningYgg.childEnvironment.merging(all) { $1 }.filter { !$0.value.isEmpty },
                runTimeout: .seconds(120)
            ),
            limit: 4 << 20
        )
    }

    static func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
}
