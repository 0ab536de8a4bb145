import Glibc
import YggCore

extension MachineAccess {
    /// Reads `executor.machine`.
    init(reading reader: inout ObjectReader) throws(InvalidInput) {
        self.init()
        packages = reader.nested("packages") { nested in Self.packages(&nested) } ?? nil
        ansible = reader.nested("ansible") { nested in Self.ansible(&nested) } ?? nil
        _ = reader.nested("power") { nested in
            off = Self.command("off", &nested)
            reboot = Self.command("reboot", &nested)
            wake = nested.nested("wake") { inner in Self.wake(&inner) } ?? wake
        }
    }

    /// What is set without being enabled is checked, and allows nothing.
    private static func packages(_ reader: inout ObjectReader) -> Packages? {
        let isEnabled = reader.bool("enabled") ?? false
        let manager = reader.choice("manager", of: PackageManager.self)
        let via = command("via", &reader) ?? []
        return isEnabled ? Packages(manager: manager, via: via) : nil
    }

    private static func ansible(_ reader: inout ObjectReader) -> Ansible? {
        let root = reader.read("root", .path)
        let inventory = reader.read("inventory", .line)
        if let inventory, inventory.hasPrefix("-") { reader.complain("inventory", "begins with a dash") }
        if root == nil, reader.object["root"] == nil {
            reader.complain("root", "is required: the directory that the playbooks are in")
        }
        return root.map { Ansible(root: $0, inventory: inventory) }
    }

    private static func wake(_ reader: inout ObjectReader) -> Wake {
        var wake = Wake()
        if let address = reader.string("broadcast") {
            var parsed = in_addr()
            if inet_pton(AF_INET, address, &parsed) == 1 {
                wake.broadcast = address
            } else {
                reader.complain("broadcast", "must be an IPv4 address such as 192.168.1.255, not \"\(address)\"")
            }
        }
        if let port = reader.int("port", in: 1...65_535) { wake.port = Int(port) }
        return wake
    }

    /// A command: no shell splits it, and nothing is put into it.
    private static func command(_ key: String, _ reader: inout ObjectReader) -> [String]? {
        guard let argv = reader.strings(key) else { return nil }
        guard let program = argv.first, !program.isEmpty else {
            reader.complain(key, "must be a command as an array, such as [systemctl, poweroff]")
            return nil
        }
        return argv
    }

    /// What it allows, for `ygg config show`.
    var words: [String] {
        var words: [String] = []
        if packages != nil { words.append("packages") }
        if let ansible { words.append("ansible=\(ansible.root)") }
        if off != nil { words.append("off") }
        if reboot != nil { words.append("reboot") }
        return words
    }
}
