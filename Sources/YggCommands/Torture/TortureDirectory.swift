import FoundationEssentials
import Glibc

/// The directory of one run.
struct TortureDirectory: Sendable {
    let path: String

    /// - Parameter parent: where it is made; without one where temporary files are.
    init(parent: String?) throws {
        let parent = parent ?? ProcessContext.variable("TMPDIR") ?? "/tmp"
        try makeDirectories(parent)
        var template = Array("\(parent)/ygg-torture-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(
                "No directory can be made in \(parent): \(String(cString: strerror(errno))).",
                next: "Name another one with --data-dir.",
                status: .usage
            )
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Copies what lies on small disks, which are gone with this process, to where it stays.
    func rescueDisks() {
        let disks = "\(path)/disks"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: disks)) ?? [] {
            try? FileManager.default.copyItem(atPath: "\(disks)/\(name)", toPath: "\(path)/\(name)")
        }
    }

    func remove() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/disks")) ?? [] {
            umount2("\(path)/disks/\(name)", Int32(MNT_DETACH))
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}
