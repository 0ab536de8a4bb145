import Glibc
import YggAgent
import YggConfiguration
import YggCore
import YggHTTP
import YggProcess

/// The machine on which `ygg doctor` is run, as its configuration says what it is for.
extension DoctorCheck {
    static let git = DoctorCheck(name: "git") { patient in
        let environment = cleanEnvironment(from: patient.environment)
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
        guard !told.isEmpty else { return .skip("The file systems do not say what is free.") }
        return .pass(told.joined(separator: ", "))
    }

    /// Where an executor works, and what tasks may name, for the user that looks: run it as the executor's.
    static let permissions = DoctorCheck(name: "permissions") { patient in
        let settings = patient.settings
        let written = [("data directory", settings.dataDirectory), ("workspace", settings.workspaceRoot)]
        for (name, directory) in written {
            let place = nearestDirectory(directory)
            guard access(place, W_OK | X_OK) != 0 else { continue }
            return .fail(
                "User \(getuid()) cannot write \(place), where the \(name) is to be: \(String(cString: strerror(errno))).",
                next: "chown it to that user, or choose another place with --data-dir or --workspace. In a container: "
                    + "--userns=keep-id:uid=10001,gid=10001, and :z on the mount."
            )
        }
        for root in settings.repositories where access(root, R_OK | X_OK) != 0 {
            // The workspace is made when it is needed.
            if root == settings.workspaceRoot { continue }
            return .fail(
                "User \(getuid()) cannot read \(root), where repositories are: \(String(cString: strerror(errno))).",
                next: "Mount it, let that user read it, or take it out of executor.repositories."
            )
        }
        let roots = settings.repositories.joined(separator: ", ")
        return .pass("user \(getuid()) writes \(settings.workspaceRoot) and reads repositories below \(roots)")
    }

    /// The ports that this machine's coordinator and executor would be served on, and who has them.
    static let ports = DoctorCheck(name: "ports") { patient in
        var told: [String] = []
        for (port, key) in [
            (patient.settings.coordinatorPort, SettingKey.coordinatorPort),
            (patient.settings.executorPort, SettingKey.executorPort),
        ] where port != 0 {
            switch PortHolder.find(port: port) {
            case .nobody: told.append("\(port) is free")
            case .somebody: told.append("\(port) is held by a process of another user")
            case .process(let name, let pid):
                guard name == "ygg" else {
                    return .warn(
                        "Port \(port) is held by \(name) (pid \(pid)), which is not ygg.",
                        next: "Unless that is how a container of ygg is reached: stop it, or choose another port with "
                            + "\(key.name)."
                    )
                }
                told.append("\(port) is held by ygg (pid \(pid))")
            }
        }
        guard !told.isEmpty else { return .skip("The ports are chosen at each start.") }
        return .pass(told.joined(separator: ", "))
    }

    static let models = DoctorCheck(name: "models") { patient in
        do {
            let choice = try patient.defaultModel()
            if choice.identity.isScripted {
                return .pass("\(choice.name): a scenario that is played in the place of a model")
            }
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

    /// What computes the answers of a model server on this machine.
    static let gpu = DoctorCheck(name: "gpu") { patient in
        guard let identity = try? patient.defaultModel().identity, !identity.isScripted else {
            return .skip("No server of models is asked.")
        }
        guard LocalAddress.isLoopback(identity.endpoint) else {
            return .skip("The server of models is at \(identity.endpoint): run ygg doctor there.")
        }
        let query = ["--query-gpu=name,memory.used,memory.total", "--format=csv,noheader"]
        let ran = await collectProcess(
            ProcessSpec(
                argv: ["nvidia-smi"] + query,
                environment: cleanEnvironment(from: patient.environment),
                runTimeout: .seconds(20)
            )
        )
        if case .notStarted = ran.outcome.ending {
            return .skip("There is no nvidia-smi here: the CPU answers, or a GPU of another make.")
        }
        let lines = (ran.stdout + ran.stderr).split(whereSeparator: \.isNewline).map(String.init)
        guard ran.outcome.succeeded, !lines.isEmpty else {
            return .fail(
                "nvidia-smi fails: \(lines.first ?? "it says nothing and ends with another status than 0").",
                next: "As a rule driver and kernel do not fit: restart the machine, or install the driver anew. A "
                    + "container is given the GPU with --device nvidia.com/gpu=all."
            )
        }
        return .pass(lines.joined(separator: "; "))
    }
}

/// Addresses that mean the machine they are used on.
enum LocalAddress {
    static func isLoopback(_ url: String) -> Bool {
        AgentAddress(url).map { RequestGuard.isLoopback($0.host) } ?? false
    }
}

/// The directory, or the first above it that exists.
private func nearestDirectory(_ path: String) -> String {
    var path = path
    while diskSpace(of: path) == nil, path != "/", let slash = path.lastIndex(of: "/") {
        path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    return path
}
