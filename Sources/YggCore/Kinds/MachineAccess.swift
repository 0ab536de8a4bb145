/// What an executor may do to the machine it runs on: nothing that the machine's owner has not written down.
package struct MachineAccess: Sendable, Hashable {
    /// How packages of the system are looked after.
    package struct Packages: Sendable, Hashable {
        /// nil takes the one that is installed.
        package var manager: PackageManager?
        /// What the package manager is started through, such as `sudo -n`; nothing where the executor is root.
        package var via: [String]

        package init(manager: PackageManager? = nil, via: [String] = []) {
            self.manager = manager
            self.via = via
        }
    }

    /// Which playbooks may be played.
    package struct Ansible: Sendable, Hashable {
        /// The directory that playbooks and inventories lie in. Nothing outside it is played.
        package var root: String
        /// What a task that names none is played on: a path inside the root, or a list of hosts with a comma in it. nil
        /// leaves it to Ansible's own configuration.
        package var inventory: String?

        package init(root: String, inventory: String? = nil) {
            self.root = root
            self.inventory = inventory
        }
    }

    /// Where magic packets are sent.
    package struct Wake: Sendable, Hashable {
        /// An IPv4 address: the broadcast address of the network that the sleeping machines are in.
        package var broadcast = "255.255.255.255"
        package var port = 9

        package init() {}
    }

    /// nil refuses `ops-packages`.
    package var packages: Packages?
    /// nil refuses `ops-ansible`.
    package var ansible: Ansible?
    /// The command that switches the machine off; nil refuses `power-off`.
    package var off: [String]?
    /// The command that starts the machine anew; nil refuses `power-reboot`.
    package var reboot: [String]?
    package var wake = Wake()

    package init() {}

    /// The key of the configuration that allows a kind; nil for one that needs no permission.
    package static func permission(of kind: TaskKind) -> String? {
        switch kind.rawValue {
        case "ops-packages": "executor.machine.packages.enabled"
        case "ops-ansible": "executor.machine.ansible.root"
        case "power-off": "executor.machine.power.off"
        case "power-reboot": "executor.machine.power.reboot"
        default: nil
        }
    }

    /// Whether a kind may be run here.
    package func allows(_ kind: TaskKind) -> Bool {
        switch kind.rawValue {
        case "ops-packages": packages != nil
        case "ops-ansible": ansible != nil
        case "power-off": off != nil
        case "power-reboot": reboot != nil
        default: true
        }
    }
}

/// The package managers that `ops-packages` speaks to, by the names in the configuration.
package enum PackageManager: String, Sendable, Hashable, CaseIterable {
    case apt, dnf
    case rpmOSTree = "rpm-ostree"
}
