import Glibc
package import SystemPackage

/// What a directory contains.
package enum DirectoryNames {
    /// The names in the directory at `path` but "." and "..", in no order.
    /// - Throws: why it cannot be read; `noSuchFileOrDirectory` where there is none.
    package static func read(_ path: String) throws(Errno) -> [String] {
        guard let stream = opendir(path) else { throw Errno(rawValue: errno) }
        return try read(stream, limit: .max)
    }

    /// The names in an open directory but "." and "..", in no order, at most `limit` of them.
    /// - Parameter descriptor: closed at the end, whatever comes of it.
    /// - Throws: why it cannot be read.
    package static func read(closing descriptor: CInt, limit: Int) throws(Errno) -> [String] {
        guard let stream = fdopendir(descriptor) else {
            let error = Errno(rawValue: errno)
            close(descriptor)
            throw error
        }
        return try read(stream, limit: limit)
    }

    private static func read(_ stream: OpaquePointer, limit: Int) throws(Errno) -> [String] {
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit {
            // nil is the end as well as a failure; only the number tells them apart, and the end leaves it alone.
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw Errno(rawValue: errno) }
                break
            }
            let name = name(of: entry)
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// An entry takes up only as much as its name is long: whoever copies the `dirent`, or the 256 bytes of its `d_name`,
    /// reads what lies behind it, and now and then there is no memory there.
    static func name(of entry: UnsafePointer<dirent>) -> String {
        guard let start = MemoryLayout<dirent>.offset(of: \.d_name) else {
            preconditionFailure("The name of an entry is a stored property.")
        }
        return String(cString: (UnsafeRawPointer(entry) + start).assumingMemoryBound(to: CChar.self))
    }
}
