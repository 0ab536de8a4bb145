import Crypto
import YggCore

/// A repository as a task names it: by path on this machine, or by URL.
enum RepositoryAddress: Sendable, Hashable {
    /// An absolute path, not yet resolved.
    case path(String)
    /// `https`, `http`, `ssh`, `git`, or `user@host:path`.
    case url(String)

    init(_ text: String) throws(HandlerFailure) {
        if text.hasPrefix("/") {
            self = .path(text)
            return
        }
        if text.lowercased().hasPrefix("file://") {
            let path = text.dropFirst("file://".count)
            guard let slash = path.firstIndex(of: "/"), ["", "localhost"].contains(path[..<slash].lowercased()) else {
                throw .unreachableRepository("\(text) names no path on this machine.")
            }
            self = .path(String(path[slash...]))
            return
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .unreachableRepository("The URL of the repository contains a control character.")
        }
        if let scheme = text.firstRange(of: "://") {
            guard ["https", "http", "ssh", "git"].contains(text[..<scheme.lowerBound].lowercased()) else {
                throw .unreachableRepository(
                    "\(Self.redacted(text)) is not allowed: a URL begins with https, http, ssh or git."
                )
            }
            let host = text[scheme.upperBound...].prefix { $0 != "/" }.split(separator: "@").last ?? ""
            guard !host.isEmpty, !host.hasPrefix("-"), !text[scheme.upperBound...].hasPrefix("-") else {
                throw .unreachableRepository("\(Self.redacted(text)) names no host.")
            }
            self = .url(text)
            return
        }
        // user@host:path. A second colon is a transport helper (`ext::sh -c …`): a command, not an address.
        let host = text.prefix { $0 != ":" && $0 != "/" }
        guard host.endIndex < text.endIndex, text[host.endIndex] == ":", !text[host.endIndex...].hasPrefix("::"),
            !host.isEmpty, !host.hasPrefix("-"), !(host.split(separator: "@").last ?? "-").hasPrefix("-")
        else {
            throw .unreachableRepository(
                "\(text) is neither an absolute path nor a URL (https, http, ssh, git, or user@host:path)."
            )
        }
        self = .url(text)
    }

    /// What people are shown: without a password.
    var display: String {
        switch self {
        case .path(let path): path
        case .url(let url): Self.redacted(url)
        }
    }

    /// The last component without `.git`: `yggdrasil`.
    var name: String {
        let text =
            switch self {
            case .path(let path): path
            case .url(let url): url
            }
        let last = text.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? "repository"
        let stem = last.hasSuffix(".git") && last.count > 4 ? String(last.dropLast(4)) : last
        let safe = stem.utf8.prefix(40).map { isNameByte($0) ? $0 : UInt8(ascii: "_") }
        let name = String(decoding: safe, as: UTF8.self)
        return name.hasPrefix(".") || name.hasPrefix("-") ? "_" + name.dropFirst() : name
    }

    /// The directory name of its mirror. The hash tells repositories of one name apart and keeps a password that
    /// somebody wrote into a URL off the disk.
    var mirrorName: String {
        let identity =
            switch self {
            case .path(let path): "path \(path)"
            case .url(let url): "url \(url)"
            }
        let digits = SHA256.hash(data: Array(identity.utf8)).prefix(8).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "\(name)-\(digits.joined()).git"
    }

    /// `https://user:secret@host/…` without the secret.
    static func redacted(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return url }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return url
        }
        return url[..<colon] + ":…" + url[at...]
    }
}

private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
    default: false
    }
}
