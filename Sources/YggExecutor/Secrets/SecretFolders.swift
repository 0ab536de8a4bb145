import Glibc
import SystemPackage

/// Folders with secrets in files: each for one attempt and its user alone, in memory where the machine has a place for
/// that, so that no disk keeps what was removed.
struct SecretFolders: Sendable {
    private let prefix: String
    private let isOwned: Bool

    init(owner: String?) {
        isOwned = owner != nil
        // FNV-1a: a name of fixed length that two data directories do not share.
        let hash = (owner ?? "").utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        prefix = "ygg-secrets-\(getuid())-\(String(hash, radix: 16))-"
    }

    /// A new one, which nobody else can enter.
    func make() throws(Errno) -> String {
        var template = Array("\(Self.place)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func remove(_ folder: String) {
        for name in LocalFiles.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    func removeLeftovers() {
        guard isOwned else { return }
        for name in LocalFiles.names(in: Self.place) where name.hasPrefix(prefix) {
            let path = "\(Self.place)/\(name)"
            if !LocalFiles.isLink(path) { Self.remove(path) }
        }
    }

    private static let place: String = {
        if access("/dev/shm", W_OK | X_OK) == 0 { return "/dev/shm" }
        return getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    }()
}
