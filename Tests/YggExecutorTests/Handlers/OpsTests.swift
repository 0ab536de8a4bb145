import Testing
import YggCore

@testable import YggExecutor

@Suite(.timeLimit(.minutes(1)))
struct OpsTests {
    @Test
    func `df is read`() {
        let text = """
            Filesystem     1024-blocks     Used Available Capacity Mounted on
            /dev/sda1         10000000  7500000   2000000      79% /
            tmpfs              1000000        0   1000000       0% /run
            my nas:/a share      20000    10000     10000      50% /mnt/two words
            proc                     0        0         0       -  /proc
            """
        #expect(
            Filesystem.parse(text) == [
                Filesystem(
                    device: "/dev/sda1",
                    mount: "/",
                    total: 10_240_000_000,
                    used: 7_680_000_000,
                    free: 2_048_000_000
                ),
                Filesystem(
                    device: "my nas:/a share",
                    mount: "/mnt/two words",
                    total: 20_480_000,
                    used: 10_240_000,
                    free: 10_240_000
                ),
            ]
        )
        #expect(Filesystem.parse(text)[0].usedPercent == 79)
    }

    /// As a file system in somebody's cloud says it, and one that has no end.
    @Test(arguments: [
        ("9007199254739968 1048576 9007199253691392", 1, "7.9 EiB"),
        ("18446744073709551615 9223372036854775808 9223372036854775807", 50, "8.0 EiB"),
        ("1000 1100 -100", 100, "0 B"),
    ])
    func `sizes beyond every disk are read as well`(numbers: String, percent: Int64, free: String) throws {
        let text = "Filesystem 1024-blocks Used Available Capacity Mounted on\nefs \(numbers) 1% /mnt\n"
        let filesystem = try #require(Filesystem.parse(text).first)
        #expect(filesystem.usedPercent == percent)
        #expect(bytes(filesystem.free) == free)
        #expect(!Filesystem.table([filesystem]).isEmpty)
    }

    @Test
    func `this machine's disks and load are told`() async throws {
        try await Scene.with { scene in
            let disk = try await scene.run("ops-disk", [:])
            #expect(disk.outcome == .succeeded)
            #expect(disk.result["filesystems"]?.arrayValue?.isEmpty == false)
            #expect(scene.text(.output).hasPrefix("MOUNT"))
            let uptime = try await scene.run("ops-uptime", [:])
            #expect(uptime.outcome == .succeeded)
            #expect(uptime.result["summary"]?.stringValue?.hasPrefix("Up ") == true)
            #expect(uptime.result["memory"]?["totalBytes"]?.intValue ?? 0 > 0)
        }
    }

    @Test
    func `load is put into words`() throws {
        let load = try #require(
            MachineLoad(
                uptime: "273906.12 1.0\n",
                loadavg: "0.05 1.20 12.00 1/100 1\n",
                meminfo: "MemTotal: 2097152 kB\nMemFree: 1 kB\nMemAvailable: 1048576 kB\n",
                cores: 4
            )
        )
        #expect(load.summary == "Up 3 days 4 h, load 0.05 1.20 12.00 on 4 cores, 1.0 GiB of 2.0 GiB memory available")
        #expect(MachineLoad(uptime: nil, loadavg: "", meminfo: "", cores: 1) == nil)
    }

    @Test
    func `systemd's properties are read`() throws {
        let text = """
            Id=nginx.service
            Description=A web server
            LoadState=loaded
            ActiveState=active
            SubState=running
            UnitFileState=enabled
            MainPID=812
            NRestarts=0
            StateChangeTimestamp=Mon 2026-01-05 10:00:00 UTC
            """
        let state = try #require(ServiceState(systemd: text, name: "nginx"))
        #expect(state.json["state"]?.stringValue == "active")
        #expect(state.json["pid"]?.intValue == 812)
        #expect(state.json["summary"]?.stringValue == "nginx.service is active since Mon 2026-01-05 10:00:00 UTC")
        #expect(ServiceState(systemd: "LoadState=not-found\nActiveState=inactive\n", name: "x") == nil)
    }

    @Test(arguments: [
        (0, "sshd is running.", "active"), (3, "sshd is not running ... failed!", "inactive"), (1, "dead", "failed"),
        (1, "sshd: unrecognized service", nil), (4, "who knows", nil),
    ])
    func `an init script's answer is read`(code: Int32, output: String, state: String?) {
        #expect(ServiceState(exitCode: code, output: output, name: "sshd")?.state == state)
    }

    @Test
    func `a service is asked about`() async throws {
        try await Scene.with { scene in
            // Whichever of the two this machine is asked through.
            try await scene.script(
                """
                mkdir -p bin
                printf '#!/bin/sh\\necho LoadState=loaded; echo ActiveState=inactive\\n' > bin/systemctl
                printf '#!/bin/sh\\necho \"$1 is stopped\"; exit 3\\n' > bin/service
                chmod +x bin/*
                """
            )
            let result = try await scene.run("ops-service", ["name": "lamp"])
            #expect(result.outcome == .succeeded)
            #expect(result.result["active"]?.boolValue == false)
            #expect(result.result["summary"]?.stringValue == "lamp is inactive")
        }
    }

    @Test
    func `bench kinds succeed`() async throws {
        try await Scene.with { scene in
            let noop = try await scene.run("bench-noop", [:])
            #expect(noop.outcome == .succeeded)
            let spawned = try await scene.run("bench-true", [:])
            #expect(spawned.result["exitCode"]?.intValue == 0)
        }
    }
}
