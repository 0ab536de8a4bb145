import Glibc
import YggAgent
import YggClient
import YggConfiguration
import YggCore
import YggProcess

/// What the checks look at.
struct Patient: Sendable {
    let settings: ResolvedSettings
    let client: CoordinatorClient
}

/// One thing that `ygg doctor` looks at.
struct DoctorCheck: Sendable {
    let name: String
    let look: @Sendable (Patient) async -> DoctorFinding

    /// In the order in which they are made and shown.
    static let all = [coordinator, clock, executors, handlers, git, disk, models]

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
            return .pass("\(wallClock()); there is no other clock to compare it with")
        }
        let apart = wallClock() - theirs
        let seconds = abs(apart.rawValue) / 1000
        guard seconds > 5 else { return .pass("\(wallClock()), as the coordinator's") }
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

    static let git = DoctorCheck(name: "git") { _ in
        let environment = cleanEnvironment(from: ProcessContext.environment)
        let collected = await collectProcess(
            ProcessSpec(argv: ["git", "--version"], environment: environment, runTimeout: .seconds(10))
        )
        let version = String(collected.stdout.prefix { !$0.isNewline })
        guard !collected.outcome.succeeded else { return .pass(version) }
        return .fail("git does not run on this machine.", next: "Install it with: apt-get install git")
    }

    static let disk = DoctorCheck(name: "disk") { patient in
        let settings = patient.settings
        let places = [
            ("data", settings.dataDirectory, max(settings.coordinatorDiskFloor, settings.executorDiskFloor)),
            ("workspace", settings.workspaceRoot, settings.executorDiskFloor),
        ]
        var told: [String] = []
        for (name, directory, floor) in places {
            guard let space = diskSpace(of: nearestDirectory(directory)) else { continue }
            let free = ByteSize(bytes: space.free)
            guard free >= floor else {
                return .fail(
                    "\(space.free >> 20) MiB are free where the \(name) is (\(directory)), \(floor.text) are needed.",
                    next: "Free some space there, or choose another place with --data-dir or --workspace."
                )
            }
            told.append("\(space.free >> 30) GiB free for the \(name)")
        }
        return .pass(told.joined(separator: ", "))
    }

    static let models = DoctorCheck(name: "models") { patient in
        do {
            let directory = try ModelDirectory(patient.settings)
            let choice = try directory.model(nil)
            if choice.identity.isScripted { return .pass("\(choice.name), which is scripted") }
            let installed = try await choice.provider.service.installed()
            guard installed.contains(where: { OllamaLibrary.isSame($0.name, choice.model) }) else {
                return .fail(
                    "\(choice.identity.endpoint) answers, and does not have the default model \(choice.name).",
                    next: "Fetch it: ygg run ollama-pull --model \(choice.name)"
                )
            }
            return .pass("\(choice.name) at \(choice.identity.endpoint)")
        } catch let failure as ModelFailure {
            // Who named no server may do without.
            return patient.settings.namesModels
                ? .fail(failure.detail, next: failure.nextAction) : .warn(failure.detail, next: failure.nextAction)
        } catch {
            let failure = CommandFailure(describing: error)
            return .fail(failure.message, next: failure.next ?? "See `ygg config check`.")
        }
    }
}

extension DoctorFinding {
    /// Of what only the coordinator knows.
    fileprivate static let unasked = DoctorFinding.warn(
        "Only the coordinator could say.",
        next: "See to the coordinator first."
    )
}

/// The directory, or the first above it that exists.
private func nearestDirectory(_ path: String) -> String {
    var path = path
    while diskSpace(of: path) == nil, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
        path = String(path[..<slash])
    }
    return path
}

private func wallClock() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}
