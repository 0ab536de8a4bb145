import YggCore
import YggProcess

/// How full the file systems are. `df` is asked, in a process, because the question blocks for ever on a network file
/// system whose server is gone, and a process can be ended.
struct OpsDisk: ProcessHandler {
    let spec: KindSpec

    func carryOut(_ run: AttemptRun) async throws(HandlerFailure) -> JSONObject {
        let argv = ["df", "-P", "-k"]
        let collected = await run.collect(argv)
        let filesystems = Filesystem.parse(collected.stdout)
        if let failure = await run.failure(collected.outcome, of: argv, lastWords: collected.stderr.trimmed) {
            // df fails as a whole for one mount that may not be looked at.
            guard failure.error.code == "exit-code", !filesystems.isEmpty else { throw failure }
            await run.message("Not every file system answered: \(collected.stderr.trimmed)", warning: true)
        }
        await run.say(Filesystem.table(filesystems))
        return [
            "exitCode": 0, "summary": .string(Filesystem.summary(filesystems)),
            "filesystems": .array(filesystems.map { .object($0.json) }),
        ]
    }
}

/// One line of `df`, in bytes.
struct Filesystem: Sendable, Hashable {
    var device: String
    var mount: String
    var total: Int64
    var used: Int64
    /// What an unprivileged user may still write.
    var free: Int64

    /// As `df` rounds it: up, so that a file system is full only in the end.
    var usedPercent: Int64 {
        let all = Double(used) + Double(free)
        return all == 0 ? 0 : Int64((Double(used) * 100 / all).rounded(.up))
    }

    var json: JSONObject {
        [
            "device": .string(device), "mount": .string(mount), "totalBytes": .int(total), "usedBytes": .int(used),
            "freeBytes": .int(free), "usedPercent": .int(usedPercent),
        ]
    }

    /// Reads `df -P -k`; leaves out what is no storage.
    static func parse(_ text: String) -> [Filesystem] {
        let pseudo: Set = ["tmpfs", "devtmpfs", "udev", "none", "shm", "efivarfs", "run", "dev"]
        return text.split(separator: "\n").dropFirst().compactMap { line in
            // The device may hold spaces too, so the numbers are looked for: three, then a percentage.
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard
                let percent = words.indices.dropFirst(4).first(where: { words[$0].hasSuffix("%") || words[$0] == "-" }),
                let total = UInt64(words[percent - 3]), let used = UInt64(words[percent - 2]),
                // Below zero where only root may write any more.
                let free = Int64(words[percent - 1]), percent + 1 < words.count, total > 0
            else { return nil }
            let device = words[..<(percent - 3)].joined(separator: " ")
            guard !pseudo.contains(device) else { return nil }
            return Filesystem(
                device: device,
                mount: words[(percent + 1)...].joined(separator: " "),
                total: DiskSpace.bytes(total, of: 1024),
                used: DiskSpace.bytes(used, of: 1024),
                free: DiskSpace.bytes(UInt64(max(0, free)), of: 1024)
            )
        }
    }

    static func table(_ filesystems: [Filesystem]) -> String {
        let rows =
            [["MOUNT", "SIZE", "USED", "FREE", "USE%"]]
            + filesystems.map { [$0.mount, bytes($0.total), bytes($0.used), bytes($0.free), "\($0.usedPercent)%"] }
        return YggExecutor.table(rows)
    }

    static func summary(_ filesystems: [Filesystem]) -> String {
        guard let fullest = filesystems.max(by: { $0.usedPercent < $1.usedPercent }) else { return "No file systems" }
        return "\(filesystems.count) file \(filesystems.count == 1 ? "system" : "systems"), "
            + "the fullest is \(fullest.mount): \(fullest.usedPercent)% used, \(bytes(fullest.free)) free"
    }
}

/// `12.3 GiB`: sizes as people read them.
func bytes(_ count: Int64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var size = Double(count)
    var unit = 0
    while size >= 1024, unit < units.count - 1 {
        size /= 1024
        unit += 1
    }
    let tenths = Int64(size * 10)
    return unit == 0 ? "\(count) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// Columns for people: the first aligned to the left, the others to the right.
func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        let cells = row.enumerated().map { column, cell in
            let padding = String(repeating: " ", count: widths[column] - cell.count)
            return column == 0 ? cell + padding : padding + cell
        }
        return cells.joined(separator: "  ") + "\n"
    }.joined()
}
