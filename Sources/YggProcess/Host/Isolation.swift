import Glibc

/// What the kernel lets us put around a command besides its process group: namespaces of its own, made without any
/// privilege by the `unshare` of util-linux.
///
/// Inside, a command
/// * is the same user as outside, with no capability left and no way to gain one (`no_new_privs`);
/// * sees no process but its own and can neither signal nor inspect another, and when it ends, the kernel ends
///   whatever it has left behind, wherever that has hidden: the first process of a process namespace takes the
///   others with it;
/// * reaches no network but a loopback of its own, unless it is to have one;
/// * finds nothing in the files and directories it is told to be kept from, and changes nothing in those it may only
///   read.
///
/// Not every kernel and container allows it. What is active is found out by doing it, see ``here``.
package struct Isolation: Sendable, Hashable {
    /// The parts, by the words that `protections` uses for them.
    package enum Part: String, Sendable, CaseIterable {
        case processes
        case network
        case secrets
        case workspaces
    }

    /// What is run in front of a command: these words, then its places, each kind ended by `--`, then the others.
    private struct Cage: Sendable, Hashable {
        var before: [String]
        var after: [String]
    }

    /// By whether the command is to have a network; nil where nothing is put around it.
    private let cages: [Bool: Cage]
    package let parts: [Part]

    /// No namespaces.
    package static let none = Isolation(cages: [:], parts: [])

    /// The argv that runs `argv` isolated. The command must exist: what starts it here is not the kernel but a program
    /// that would say so in its own words.
    /// - Parameter hidden: absolute paths. A directory is empty for the command and may not be entered, a file is empty;
    ///   one that is not there is passed over. Where one cannot be hidden, the command does not run.
    /// - Parameter readOnly: absolute paths of directories that the command may only read; `writable` are those in them
    ///   that it may change all the same. For both goes what goes for `hidden`.
    package func wrap(
        _ argv: [String],
        network: Bool,
        hiding hidden: [String] = [],
        readOnly: [String] = [],
        except writable: [String] = []
    ) -> [String] {
        guard let cage = cages[network] else { return argv }
        let isKept = parts.contains(.workspaces) && !readOnly.isEmpty
        return cage.before + (parts.contains(.secrets) ? hidden : []) + ["--"] + (isKept ? writable : []) + ["--"]
            + (isKept ? readOnly : []) + ["--"] + cage.after + argv
    }
}

// MARK: - What there is here

extension Isolation {
    /// What works on this machine: tried once, by running a command in it, and remembered for the life of the process.
    package static var here: Isolation {
        get async { await probe.value }
    }

    /// Detached, so that whoever asks first lends it neither his cancellation nor his witness.
    private static let probe = Task.detached {
        await find(path: getenv("PATH").map { String(cString: $0) })
    }

    /// The best of what works with the programs on this path.
    static func find(path: String?) async -> Isolation {
        guard
            let unshare = Launch.find("unshare", path: path), let setpriv = Launch.find("setpriv", path: path),
            let shell = Launch.find("sh", path: path)
        else { return .none }
        let programs = Programs(
            unshare: unshare,
            setpriv: setpriv,
            shell: shell,
            // Not on the PATH of everybody who may run it.
            ip: Launch.find("ip", path: "\(path ?? "/usr/bin"):/usr/sbin:/sbin"),
            mount: Launch.find("mount", path: path)
        )
        let network = programs.ip != nil
        for attempt in [
            Attempt(processes: .withProc, network: network, keepsWorkspaces: true),
            Attempt(processes: .withProc, network: network),
            // A container that hides a part of /proc lets nobody mount another one.
            Attempt(processes: .withoutProc, network: network),
            Attempt(processes: .none, network: network),
        ] {
            let isolation = attempt.isolation(programs)
            guard isolation != .none, await isolation.works() else { continue }
            return isolation
        }
        return .none
    }

    private func works() async -> Bool {
        for network in [false, true] {
            let argv = wrap(
                ["true"],
                network: network,
                hiding: ["/tmp", "/etc/hostname"],
                readOnly: ["/var"],
                except: ["/var/tmp"]
            )
            let spec = ProcessSpec(argv: argv, environment: ["PATH": "/usr/bin:/bin"], runTimeout: .seconds(30))
            guard await collectProcess(spec, limit: 1 << 10).outcome.succeeded else { return false }
        }
        return true
    }

    private struct Programs {
        let unshare: String
        let setpriv: String
        let shell: String
        /// Loopback of a new network namespace is down, and tests with a server of their own need it.
        let ip: String?
        /// Puts something empty in front of what is hidden.
        let mount: String?
    }

    private struct Attempt {
        enum Processes { case withProc, withoutProc, none }

        let processes: Processes
        let network: Bool
        /// Whether places may be made read-only, which not every file system allows where others may be hidden.
        var keepsWorkspaces = false

        func isolation(_ programs: Programs) -> Isolation {
            guard processes != .none || network else { return .none }
            var parts: [Part] = []
            if processes != .none { parts.append(.processes) }
            if network { parts.append(.network) }
            // Mounts of its own a command has together with its own /proc.
            if processes == .withProc, programs.mount != nil {
                parts.append(.secrets)
                if keepsWorkspaces { parts.append(.workspaces) }
            }
            var cages: [Bool: Cage] = [:]
            for hasNetwork in [false, true] { cages[hasNetwork] = cage(programs, cutsNetwork: network && !hasNetwork) }
            return Isolation(cages: cages, parts: parts)
        }

        private func cage(_ programs: Programs, cutsNetwork: Bool) -> Cage? {
            var options: [String] = []
            switch processes {
            case .withProc: options += ["--pid", "--fork", "--kill-child", "--mount-proc"]
            case .withoutProc: options += ["--pid", "--fork", "--kill-child"]
            case .none: break
            }
            if cutsNetwork { options.append("--net") }
            guard !options.isEmpty else { return nil }
            let script = [programs.shell, "-c", Self.script, "yggdrasil"]
            // Root of the namespaces while they are set up. The command is itself again, in a namespace further in, from
            // which it can undo nothing of it.
            let user = [programs.unshare, "--user", "--map-user=\(geteuid())", "--map-group=\(getegid())", "--"]
            let drop = ["--no-new-privs", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--"]
            return Cage(
                before: [programs.unshare, "--user", "--map-root-user"] + options + ["--"] + script
                    + [cutsNetwork ? programs.ip ?? "" : "", programs.mount ?? ""],
                after: user + [programs.setpriv] + drop
            )
        }

        /// Runs as the first process of the namespaces and stays, because the kernel keeps signals from the first
        /// process that a command expects to die of. The mark for want of memory is set here again: ours may have come
        /// after the first fork.
        ///
        /// What may be written is mounted once more where it is; then everything else is made read-only, with the flags that
        /// whoever is root here alone may not take away. The directory is entered once more, too: otherwise it would be the
        /// one below the new mount. The kernel writes blanks in names in another way: where one is in
        /// the way of a mount, nothing is confined.
        private static let script = """
            { echo \(ProcessGroup.outOfMemoryScore) > /proc/self/oom_score_adj; } 2>/dev/null
            if [ -n "$1" ]; then "$1" link set lo up || exit 125; fi
            mount=$2
            shift 2
            while [ "$1" != -- ]; do
                if [ -d "$1" ]; then "$mount" -t tmpfs -o size=4k,mode=0 none "$1" || exit 125
                elif [ -e "$1" ]; then "$mount" --bind /dev/null "$1" || exit 125
                fi
                shift
            done
            shift
            while [ "$1" != -- ]; do
                if [ -e "$1" ]; then "$mount" --rbind "$1" "$1" || exit 125; fi
                shift
            done
            shift
            if [ "$1" != -- ]; then
                while [ "$1" != -- ]; do
                    if [ -e "$1" ]; then "$mount" -o rbind,ro "$1" "$1" || exit 125; fi
                    shift
                done
                # Where it stands is still the place beneath, from which everything could be reached as it was.
                cd -P "$PWD" || exit 125
            fi
            shift
            "$@"
            exit $?
            """
    }
}
