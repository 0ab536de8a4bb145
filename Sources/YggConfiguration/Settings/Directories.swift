import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The directories of this process and its user, as the environment names them (XDG base directories).
struct Directories: Sendable {
    let environment: [String: String]
    let currentDirectory: String
    /// Root's data belongs to the machine, not to a home.
    let isRoot: Bool

    init(environment: [String: String], currentDirectory: String, isRoot: Bool = geteuid() == 0) {
        self.environment = environment
        self.currentDirectory = currentDirectory
        self.isRoot = isRoot
    }

    private var home: String? { absolutePath("HOME") }

    /// nil where there is neither `XDG_CONFIG_HOME` nor a home.
    var configurationHome: String? { absolutePath("XDG_CONFIG_HOME") ?? home.map { "\($0)/.config" } }

    /// Where everything durable lives unless somebody says otherwise; nil where there is no home to put it in.
    var data: String? {
        if isRoot { return "/var/lib/yggdrasil" }
        return (absolutePath("XDG_STATE_HOME") ?? home.map { "\($0)/.local/state" }).map { "\($0)/yggdrasil" }
    }

    /// XDG says to ignore a relative path.
    private func absolutePath(_ variable: String) -> String? {
        guard let path = environment[variable], path.hasPrefix("/") else { return nil }
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// `path` as seen from `base`, by default the current directory; `~/` is the home.
    func absolute(_ path: String, from base: String? = nil) -> String {
        var path = path
        if path == "~" || path.hasPrefix("~/"), let home { path = home + path.dropFirst() }
        if !path.hasPrefix("/") { path = "\(base ?? currentDirectory)/\(path)" }
        let parts = path.split(separator: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }
}
