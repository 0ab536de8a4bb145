import FoundationEssentials
import Glibc
import Synchronization
import YggProcess

/// A network namespace with one cable to this machine: all that a second machine is to a coordinator. Needs root.
struct SecondMachine: Sendable {
    let name: String
    /// This end of the cable, which is a network interface.
    let interface: String
    /// The address of this end, by which the second machine reaches this one.
    let address: String

    /// What a command begins with that is to run there.
    var prefix: [String] { ["netns", "exec", name] }

    /// The last machine's number. Each takes four, one for each address of its network, so that no two of a run share any.
    private static let lastNumber = Mutex(UInt32.random(in: 0 ... .max))

    /// Runs `body` with a machine of its own, and removes it.
    static func with(_ body: (SecondMachine) async throws -> Void) async throws {
        let number = lastNumber.withLock { number in
            number &+= 4
            return number
        }
        let digits = String(number, radix: 16)
        // Of the block that is set aside for tests of networks.
        let network = "198.18.\(number >> 8 & 255)"
        let first = number & 0xFC
        let machine = SecondMachine(
            name: "ygg-\(digits)",
            interface: "yg\(digits)",
            address: "\(network).\(first + 1)"
        )
        do {
            try await machine.plug(at: "\(network).\(first + 2)")
            try await body(machine)
        } catch {
            await machine.remove()
            throw error
        }
        await machine.remove()
    }

    private func plug(at other: String) async throws {
        for arguments in [
            ["netns", "add", name],
            ["link", "add", interface, "type", "veth", "peer", "name", "eth0", "netns", name],
            ["addr", "add", "\(address)/30", "dev", interface],
            ["-n", name, "addr", "add", "\(other)/30", "dev", "eth0"],
            ["link", "set", interface, "up"], ["-n", name, "link", "set", "eth0", "up"],
            ["-n", name, "link", "set", "lo", "up"],
        ] {
            let run = await ip(arguments)
            guard run.outcome.succeeded else {
                throw EndToEndFailure(
                    "a second machine cannot be made: ip \(arguments.joined(separator: " ")): \(run.stderr)"
                )
            }
        }
    }

    /// The cable goes with its other end.
    private func remove() async {
        _ = await ip(["link", "delete", interface])
        _ = await ip(["netns", "delete", name])
    }

    private func ip(_ arguments: [String]) async -> CollectedOutput {
        await collectProcess(
            ProcessSpec(argv: ["ip"] + arguments, environment: RunningYgg.childEnvironment, runTimeout: .seconds(30)),
            limit: 1 << 16
        )
    }

    /// Only the fast profile goes without: there, whoever is not root has these tests skipped. In full their absence is a
    /// failure.
    static let isNeeded: Bool = {
        if ProcessInfo.processInfo.environment["TEST_PROFILE"] != "fast" { return true }
        return geteuid() == 0
    }()
}
