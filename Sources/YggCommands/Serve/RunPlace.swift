import FoundationEssentials
import Glibc
import YggConfiguration

/// Where one task without a coordinator keeps its mirrors, work trees and drafts.
///
/// That is the usual data directory where it can be written to, so that the next run finds the mirrors; else, as in a
/// container with a read-only root and no volume for data, a folder that goes with the task.
struct RunPlace {
    let data: String
    let isScratch: Bool

    /// - Parameter chosen: a directory that somebody asked for by a flag: it is taken, or the run fails with it.
    init(chosen: String?, config: String?) throws {
        if let chosen {
            (data, isScratch) = (chosen, false)
            return
        }
        let usual =
            try ProcessContext.variable("YGG_DATA_DIR")
            ?? ResolvedSettings.here(role: .client, config: config).dataDirectory
        // One that is not absolute is where its flag would put it.
        if !usual.isEmpty, !usual.hasPrefix("/") || Self.isUsable(usual) {
            (data, isScratch) = (usual, false)
            return
        }
        let folder = ProcessContext.variable("TMPDIR") ?? "/tmp"
        var template = Array("\(folder)/ygg-run-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw CommandFailure(
                "There is nowhere to work: neither \(usual.isEmpty ? "a home" : usual) nor \(folder) can be written to.",
                next: "Name a directory with --data-dir; in a container, mount one (-v ygg-data:/data) or --tmpfs /tmp."
            )
        }
        (data, isScratch) = (String(cString: made), true)
    }

    /// Takes the folder away, where it was for this task alone.
    func remove() {
        guard isScratch else { return }
        // What is left of it lies where the system cleans up.
        try? FileManager.default.removeItem(atPath: data)
    }

    /// The work trees, where the configured place is no place for them: one that is a repository itself is what somebody
    /// mounted to be worked on, and the trees would lie in the middle of it.
    func workspace(insteadOf configured: String) -> String? {
        let isRepository = FileManager.default.fileExists(atPath: "\(configured)/.git")
        return isRepository || !Self.isUsable(configured) ? "\(data)/workspace" : nil
    }

    private static func isUsable(_ path: String) -> Bool {
        guard (try? makeDirectories(path)) != nil else { return false }
        return access(path, W_OK | X_OK) == 0
    }
}
