import FoundationEssentials
import Glibc

/// A look at the processes of this machine.
struct ProcessTable: Sendable {
    struct Entry: Sendable {
        var pid: pid_t
        var parent: pid_t
        /// As the kernel abbreviates it: `R`, `S`, `T` for stopped, `Z` for ended and not waited for.
        var state: Character
        var name: String
    }

    let entries: [Entry]

    init() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        entries = names.compactMap { pid_t($0) }.compactMap(Self.entry)
    }

    func children(of parent: pid_t) -> [Entry] { entries.filter { $0.parent == parent } }

    /// nil where it is gone.
    static func entry(of pid: pid_t) -> Entry? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        // The name in parentheses may hold anything; the fields are counted from behind it.
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 1, let state = fields[0].first, let parent = pid_t(fields[1]) else { return nil }
        return Entry(pid: pid, parent: parent, state: state, name: String(text[text.index(after: open)..<close]))
    }
}

/// What the tortured executors left running when they were killed.
enum Orphans {
    /// Kills whatever names the directory of this run in its arguments, and waits until it is gone.
    static func end(of directory: String) async {
        while case let left = processes(naming: directory), !left.isEmpty {
            // Each of ours leads a group of its own; somebody may be looking at a file there, too.
            for pid in left where kill(-pid, SIGKILL) != 0 { kill(pid, SIGKILL) }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func processes(naming directory: String) -> [pid_t] {
        ProcessTable().entries.map(\.pid).filter { pid in
            guard pid != getpid(), let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else {
                return false
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\0").dropFirst().contains {
                $0.hasPrefix("\(directory)/")
            }
        }
    }
}
