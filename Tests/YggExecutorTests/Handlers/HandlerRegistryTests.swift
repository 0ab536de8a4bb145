import Testing
import YggCore

@testable import YggExecutor

struct HandlerRegistryTests {
    private func kind(_ name: String) -> DeclaredKind {
        DeclaredKind(spec: KindSpec(kind: TaskKind(trusted: name), description: "", origin: .declared), run: ["true"])
    }

    @Test
    func `every built-in kind has a handler`() throws {
        var everything = MachineAccess()
        everything.packages = MachineAccess.Packages()
        everything.ansible = MachineAccess.Ansible(root: "/srv/ansible")
        everything.off = ["systemctl", "poweroff"]
        everything.reboot = ["systemctl", "reboot"]
        let registry = try HandlerRegistry(handlerSets: ["all"], machine: everything)
        #expect(registry.kinds == KindSpec.builtIn.sorted { $0.kind < $1.kind })
        for spec in KindSpec.builtIn { #expect(registry.handler(for: spec.kind)?.spec == spec) }
    }

    @Test
    func `what the machine's owner has not allowed is there and not offered`() throws {
        let registry = try HandlerRegistry(handlerSets: ["all"])
        let missing = KindSpec.builtIn.filter { !registry.kinds.contains($0) }.map(\.kind)
        #expect(missing.map(\.rawValue).sorted() == ["ops-ansible", "ops-packages", "power-off", "power-reboot"])
        for kind in missing {
            #expect(registry.handler(for: kind) != nil)
            #expect(MachineAccess.permission(of: kind) != nil)
        }
    }

    @Test(arguments: [
        (["ops"], ["ops-disk", "ops-lamp", "ops-service", "ops-uptime"]),
        (["ops-"], ["ops-disk", "ops-lamp", "ops-service", "ops-uptime"]),
        (["git-log", "ops-lamp"], ["git-log", "ops-lamp"]),
        (["house"], ["house-light"]),
        (["plan", "power"], ["power-wake"]),
        ([], []),
    ])
    func `a set selects by prefix or kind`(sets: [String], kinds: [String]) throws {
        let registry = try HandlerRegistry(handlerSets: sets, declared: [kind("ops-lamp"), kind("house-light")])
        #expect(registry.kinds.map(\.kind.rawValue) == kinds)
        #expect((registry.handler(for: TaskKind(trusted: "bench-noop")) == nil))
    }

    @Test
    func `what cannot be meant is refused`() {
        #expect(throws: InvalidInput.self) { try HandlerRegistry(handlerSets: ["opps"]) }
        #expect(throws: InvalidInput.self) { try HandlerRegistry(handlerSets: ["git-logs"]) }
        #expect(throws: InvalidInput("/handlers/0/kind", "git-log is built in: choose another name")) {
            try HandlerRegistry(handlerSets: ["all"], declared: [kind("git-log")])
        }
        #expect(throws: InvalidInput("/handlers/1/kind", "ops-a is declared twice: choose another name")) {
            try HandlerRegistry(handlerSets: ["all"], declared: [kind("ops-a"), kind("ops-a")])
        }
    }
}
