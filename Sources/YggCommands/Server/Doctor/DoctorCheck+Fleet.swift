import YggClient
import YggConfiguration
import YggCore

/// Coordinator and executors, as the coordinator shows them.
extension DoctorCheck {
    static let coordinator = DoctorCheck(name: "coordinator") { patient in
        let url = patient.client.urls.joined(separator: ", ")
        do {
            let health = try await patient.client.health()
            let checks = health["checks"]?.objectValue?.members ?? []
            let unwell = checks.filter { $0.value["status"] != "pass" }.map { check in
                check.key + (check.value["detail"]?.stringValue.map { ": \($0)" } ?? "")
            }
            let version = health["version"]?.stringValue ?? "unknown"
            guard !unwell.isEmpty else { return .pass("\(url), version \(version)") }
            return .warn("\(url): \(unwell.joined(separator: "; "))", next: "See `ygg health`.")
        } catch {
            let failure = CommandFailure(describing: error)
            return .fail(failure.message, next: failure.next ?? "Start one with `ygg up`.")
        }
    }

    /// Far apart, times in logs and on the page mislead; no lease depends on it.
    static let clock = DoctorCheck(name: "clock") { patient in
        let reply = try? await HTTPTransport(baseURL: patient.client.urls[0], token: nil)
            .send(method: "GET", path: "/livez", timeout: .seconds(10))
        guard let theirs = reply?.header("date").flatMap(Timestamp.init(httpDate:)) else {
            return .skip("\(ProcessContext.now()); there is no other clock to compare it with.")
        }
        let apart = ProcessContext.now() - theirs
        let seconds = abs(apart.rawValue) / 1000
        guard seconds > 5 else { return .pass("\(ProcessContext.now()), as the coordinator's") }
        return .warn(
            "This machine's clock is \(seconds) s \(apart > .zero ? "ahead of" : "behind") the coordinator's.",
            next: "Let both be set by the network: timedatectl set-ntp true"
        )
    }

    static let executors = DoctorCheck(name: "executors") { patient in
        guard let executors = try? await patient.client.executors() else { return .unasked }
        let states = executors.map { ($0["id"]?.stringValue ?? "", $0["state"]?.stringValue ?? "") }
        let running = states.filter { $0.1 == "running" }.map(\.0)
        let others = states.filter { $0.1 != "running" }.map { "\($0.0) is \($0.1)" }.joined(separator: ", ")
        guard !running.isEmpty else {
            return .fail(
                states.isEmpty ? "No executor has registered." : "None runs: \(others).",
                next:
                    "Start one: ygg executor --id \(states.first?.0 ?? "huginn") --coordinator \(patient.client.urls[0])"
            )
        }
        guard !others.isEmpty else { return .pass("\(running.joined(separator: ", ")) runs") }
        return .warn("\(running.joined(separator: ", ")) runs; \(others)", next: "See `ygg executor list`.")
    }

    static let handlers = DoctorCheck(name: "handlers") { patient in
        guard let executors = try? await patient.client.executors() else { return .unasked }
        let kinds = Set(
            executors.filter { $0["state"] == "running" }
                .flatMap { $0["kinds"]?.arrayValue ?? [] }.compactMap(\.stringValue)
        )
        let prefixes = Set(kinds.map { $0.prefix { $0 != "-" } + "-" }).sorted().joined(separator: ", ")
        guard kinds.isEmpty else { return .pass("\(kinds.count) kinds of \(prefixes)") }
        return .fail(
            "No executor that runs offers any kind.",
            next: "Start one with handlers: ygg executor --id huginn --handlers all"
        )
    }

    /// Executors dial out, so most of the fleet works without; what is lost is said with each.
    static let network = DoctorCheck(name: "network") { patient in
        guard let executors = try? await patient.client.executors() else { return .unasked }
        let configured = patient.settings.configuration.executors
        let fixed = configured.map { ($0.id.rawValue, $0.url) }
        let registered = executors.filter { $0["state"] != "stopped" }.compactMap { executor in
            executor["url"]?.stringValue.map { (executor["id"]?.stringValue ?? "", $0) }
        }
        let isHere = patient.client.urls.contains(where: LocalAddress.isLoopback)
        let known = Set(registered.map(\.0))
        // What listens on another machine's loopback is that machine's own.
        let all = (registered + fixed.filter { !known.contains($0.0) })
            .filter { isHere || !LocalAddress.isLoopback($0.1) }
        guard !all.isEmpty else { return .skip("No executor is served to other machines.") }
        let troubles = await unreachable(all)
        guard !troubles.isEmpty else {
            return .pass("\(all.map(\.0).sorted().joined(separator: ", ")) can be reached from here")
        }
        let called = Set(fixed.map(\.0)).intersection(troubles.map(\.id)).subtracting(known)
        let ports = Set(troubles.compactMap { $0.url.split(separator: ":").last.map(String.init) }).sorted()
        return .warn(
            troubles.map { "\($0.id) does not answer at \($0.url) (\($0.reason))" }.joined(separator: "; "),
            next: called.isEmpty
                ? "Its work goes on without, its /agent and /action do not: see that it runs, and let port "
                    + "\(ports.joined(separator: ", ")) through the firewall or the tailnet's ACL."
                : "\(called.sorted().joined(separator: ", ")) is called by the coordinator and gets no work: see that it "
                    + "runs, and let port \(ports.joined(separator: ", ")) through the firewall or the tailnet's ACL."
        )
    }

    private static func unreachable(
        _ executors: [(id: String, url: String)]
    ) async -> [(id: String, url: String, reason: String)] {
        await withTaskGroup(of: (id: String, url: String, reason: String)?.self) { group in
            for (id, url) in executors {
                group.addTask {
                    do {
                        _ = try await HTTPTransport(baseURL: url, token: nil)
                            .send(method: "GET", path: "/livez", timeout: .seconds(3))
                        return nil
                    } catch {
                        return (id, url, (error as? TransportError)?.reason ?? "\(error)")
                    }
                }
            }
            var troubles: [(id: String, url: String, reason: String)] = []
            for await trouble in group { if let trouble { troubles.append(trouble) } }
            return troubles.sorted { $0.id < $1.id }
        }
    }

    static let registry = DoctorCheck(name: "registry") { patient in
        guard let url = patient.settings.configuration.coordinator.registryURL else {
            return .skip("No registry of images is configured (coordinator.registry.url).")
        }
        let next = "See that it runs: scripts/deploy-registry.sh. Images that machines have are used without it."
        do {
            let reply = try await HTTPTransport(baseURL: url, token: nil)
                .send(method: "GET", path: "/v2/", timeout: .seconds(5))
            switch reply.status {
            case 200: return .pass("\(url) answers")
            case 401: return .pass("\(url) answers, and asks for a password")
            default: return .fail("\(url)/v2/ answers with \(reply.status): that is no registry.", next: next)
            }
        } catch {
            return .fail("\(url) does not answer: \((error as? TransportError)?.reason ?? "\(error)").", next: next)
        }
    }
}
