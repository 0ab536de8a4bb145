import YggCore
import YggProcess

/// What one package manager is told: argv for each thing that `ops-packages` does.
struct PackageCommands: Sendable, Hashable {
    let manager: PackageManager
    /// What changes the machine is started through.
    let via: [String]

    /// The manager that is installed, where the configuration names none. rpm-ostree first: where a machine is an image, dnf
    /// may be there and change nothing that stays.
    static func installed(environment: [String: String]) -> PackageManager? {
        let programs: [(PackageManager, String)] = [(.rpmOSTree, "rpm-ostree"), (.dnf, "dnf"), (.apt, "apt-get")]
        return programs.first { findCommand($0.1, environment: environment) != nil }?.0
    }

    /// Whether what is installed counts only once the machine has started anew.
    var needsReboot: Bool { manager == .rpmOSTree }

    /// Fetches the lists of packages; nil where the manager does that by itself.
    var refresh: [String]? { manager == .apt ? apt + ["update"] : nil }

    func install(_ names: [String], isDryRun: Bool) -> [String] {
        switch manager {
        case .apt: apt + aptOptions(isDryRun) + ["install", "--"] + names
        case .dnf: via + ["dnf"] + dnfOptions(isDryRun) + ["install", "--"] + names
        case .rpmOSTree:
            via + ["rpm-ostree", "install", "--idempotent", isDryRun ? "--dry-run" : "--assumeyes", "--"] + names
        }
    }

    /// - Parameter names: nothing upgrades everything.
    /// - Returns: nil where the manager can only upgrade everything, and names are given.
    func upgrade(_ names: [String], isDryRun: Bool) -> [String]? {
        switch manager {
        case .apt:
            names.isEmpty
                ? apt + aptOptions(isDryRun) + ["upgrade"]
                : apt + aptOptions(isDryRun) + ["install", "--only-upgrade", "--"] + names
        case .dnf: via + ["dnf"] + dnfOptions(isDryRun) + ["upgrade"] + (names.isEmpty ? [] : ["--"] + names)
        case .rpmOSTree: names.isEmpty ? via + ["rpm-ostree", "upgrade"] + (isDryRun ? ["--preview"] : []) : nil
        }
    }

    /// What is installed, in lines of ``InstalledPackage/parse(_:)``. It needs nobody's permission.
    func list(_ names: [String]) -> [String] {
        switch manager {
        case .apt:
            ["dpkg-query", "--show", "--showformat=${binary:Package}\\t${Version}\\t${db:Status-Status}\\n"]
                + (names.isEmpty ? [] : ["--"] + names)
        case .dnf, .rpmOSTree:
            ["rpm", names.isEmpty ? "-qa" : "-q", "--queryformat", "%{NAME}\\t%{VERSION}-%{RELEASE}\\tinstalled\\n"]
                + (names.isEmpty ? [] : ["--"] + names)
        }
    }

    /// dnf has no dry run: it is told to say no, and then ends with 1, as it does where a package is not to be found. What it
    /// says tells them apart ("Operation aborted.", of version 5 "Operation aborted by the user."), in the language of
    /// ``environment(_:isDryRun:)``.
    func isDryRunDone(_ ending: ProcessOutcome.Ending, said: String?) -> Bool {
        guard manager == .dnf, case .exited(1) = ending, let said else { return false }
        return said.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("Operation aborted") }
    }

    /// What a dry run says is compared, so it is said in English.
    func environment(_ environment: [String: String], isDryRun: Bool) -> [String: String] {
        isDryRun ? environment.merging(["LC_ALL": "C.UTF-8"]) { $1 } : environment
    }

    private var apt: [String] { via + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"] }

    /// A changed configuration file of the owner's stays; somebody else who is installing is waited for; a name is a name
    /// and no pattern, because apt-get takes a dot for any letter where no package has the name.
    private func aptOptions(_ isDryRun: Bool) -> [String] {
        ["--yes", "-o", "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=300"]
            + ["-o", "APT::Cmd::Pattern-Only=true"] + (isDryRun ? ["--simulate"] : [])
    }

    private func dnfOptions(_ isDryRun: Bool) -> [String] { isDryRun ? ["--assumeno"] : ["--assumeyes"] }
}

/// One package of the system.
struct InstalledPackage: Sendable, Hashable {
    let name: String
    let version: String

    /// Reads lines of name, version and state between tabs. What is only known or half removed is left out, and so are lines
    /// that say what is not installed.
    static func parse(_ text: String) -> [InstalledPackage] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[2] == "installed" else { return nil }
            return InstalledPackage(name: String(fields[0]), version: String(fields[1]))
        }
    }

    var json: JSON { ["name": .string(name), "version": .string(version)] }
}

/// What a package manager changed.
struct PackageChange: Sendable, Hashable {
    let name: String
    /// nil where it was not there.
    let from: String?
    /// nil where it is gone.
    let to: String?

    /// Two packages may have one name (the same library for two architectures, two kernels): their versions go together.
    static func between(_ before: [InstalledPackage], _ after: [InstalledPackage]) -> [PackageChange] {
        let versions = { (packages: [InstalledPackage]) in
            Dictionary(grouping: packages, by: \.name).mapValues { same in
                same.map(\.version).sorted().joined(separator: ", ")
            }
        }
        let (old, new) = (versions(before), versions(after))
        return Set(old.keys).union(new.keys).sorted().compactMap { name in
            old[name] == new[name] ? nil : PackageChange(name: name, from: old[name], to: new[name])
        }
    }

    var json: JSON {
        var object: JSONObject = ["name": .string(name)]
        object.append("from", .optional(from))
        object.append("to", .optional(to))
        return .object(object)
    }
}
