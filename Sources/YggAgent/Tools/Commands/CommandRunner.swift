import Synchronization
import YggProcess

/// Runs programs in a workspace: isolated as far as this machine allows, with a home and an environment of their own
/// and none of our secrets.
struct CommandRunner: Sendable {
    /// Where programs start.
    let root: String
    let environment: [String: String]
    private let isolation: Isolation
    private let network: Bool
    private let hidden: [String]
    private let readOnly: [String]
    private let writable: [String]

    init(_ setting: Toolbox.Setting) {
        let (root, scratch) = (setting.root, setting.scratch)
        self.root = root
        isolation = setting.isolation
        network = setting.network
        // What holds the workspace cannot be hidden.
        hidden = setting.hidden.filter { place in
            ![root, scratch.path].contains { $0 == place || $0.hasPrefix(place + "/") }
        }
        readOnly = setting.readOnly
        // Not the whole of it: what is ours there is written by us, from outside, and would be where a link leads.
        writable = [root, scratch.home, scratch.temporary]
        self.environment = cleanEnvironment(
            from: setting.environment,
            extra: Self.settings.merging(["HOME": scratch.home, "TMPDIR": scratch.temporary]) { $1 }
        )
    }

    /// What keeps programs from waiting for a person, decorating what they say, asking for a password and leaving
    /// files among the work.
    private static let settings = [
        "CI": "1", "TERM": "dumb", "NO_COLOR": "1", "PAGER": "cat", "GIT_PAGER": "cat", "TQDM_DISABLE": "1",
        "PIP_PROGRESS_BAR": "off", "PIP_NO_INPUT": "1", "PYTHONDONTWRITEBYTECODE": "1",
        "DEBIAN_FRONTEND": "noninteractive",
        "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",
    ]

    /// Whether there is such a program. A name with a slash is looked up in `directory`.
    func has(_ program: String, in directory: String) -> Bool {
        let isRelative = program.contains("/") && !program.hasPrefix("/")
        return findCommand(isRelative ? "\(directory)/\(program)" : program, environment: environment) != nil
    }

    /// - Parameters:
    ///   - directory: nil for the top.
    ///   - environment: in place of the one all programs get.
    func spec(
        _ argv: [String],
        in directory: String? = nil,
        environment: [String: String]? = nil,
        time: Duration
    ) -> ProcessSpec {
        ProcessSpec(
            argv: isolation.wrap(argv, network: network, hiding: hidden, readOnly: readOnly, except: writable),
            environment: environment ?? self.environment,
            workingDirectory: directory ?? root,
            runTimeout: time
        )
    }

    /// Runs a program and keeps both of its streams as one text, in the order in which they came.
    func run(_ spec: ProcessSpec, limit: Int) async -> (outcome: ProcessOutcome, output: HeadTailBuffer) {
        let said = Said(limit: limit)
        let outcome = await runProcess(spec) { _, bytes in said.append(bytes) }
        return (outcome, said.buffer)
    }

    /// Where two streams become one.
    private final class Said: Sendable {
        private let bytes: Mutex<HeadTailBuffer>

        init(limit: Int) { bytes = Mutex(HeadTailBuffer(head: limit / 2, tail: limit - limit / 2)) }

        func append(_ piece: ArraySlice<UInt8>) { bytes.withLock { $0.append(piece) } }

        var buffer: HeadTailBuffer { bytes.withLock { $0 } }
    }
}
