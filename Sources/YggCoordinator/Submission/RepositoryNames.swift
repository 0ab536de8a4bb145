#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whether a repository is named by URL: with a scheme, or in the short form `user@host:path`.
func isRepositoryURL(_ text: String) -> Bool {
    if let colon = text.range(of: "://") { return !text[..<colon.lowerBound].isEmpty }
    guard let at = text.firstIndex(of: "@"), let colon = text[at...].firstIndex(of: ":") else { return false }
    return at > text.startIndex && !text[..<colon].contains("/")
}

/// The URL of `origin` in the configuration of a repository on this machine, without credentials; nil where there is
/// none to be read. For a hint to a person, so the file is read as text: nothing of it is run.
func originURL(ofRepositoryAt path: String) -> String? {
    guard let text = contents(of: path + "/.git/config") ?? contents(of: path + "/config") else { return nil }
    var isOrigin = false
    for line in text.split(separator: "\n") {
        let line = line.drop { $0 == " " || $0 == "\t" }
        if line.hasPrefix("[") {
            isOrigin = line.hasPrefix("[remote \"origin\"]")
        } else if isOrigin, line.hasPrefix("url"), let equals = line.firstIndex(of: "=") {
            let url = String(line[line.index(after: equals)...].drop { $0 == " " })
            return isRepositoryURL(url) ? withoutCredentials(url) : nil
        }
    }
    return nil
}

private func withoutCredentials(_ url: String) -> String {
    guard let scheme = url.range(of: "://") else { return url }
    let rest = url[scheme.upperBound...]
    let host = rest.prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@") else { return url }
    return String(url[..<scheme.upperBound] + rest[rest.index(after: at)...])
}

private func contents(of path: String, limit: Int = 64 << 10) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = read(descriptor, &buffer, limit)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
}

extension String {
    /// The first occurrence of `needle`, by bytes.
    fileprivate func range(of needle: String) -> Range<Index>? { ranges(of: needle).first }
}
