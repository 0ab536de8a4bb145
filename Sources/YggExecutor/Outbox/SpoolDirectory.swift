import Glibc
import SystemPackage
import YggProcess

/// Where a spool lies: a directory of files that are written at fixed places. The simulation has its own disk.
package protocol SpoolDirectory: Sendable {
    /// For people.
    var path: String { get }

    /// Makes it where it is missing.
    func create() throws(JournalError)
    func names() throws(JournalError) -> [String]
    /// Opens a file, which is made where it is missing.
    func open(_ name: String) throws(JournalError) -> any SpoolFile
    func remove(_ name: String)
    /// Makes names as durable as the files they name.
    func synchronise() throws(JournalError)
}

package protocol SpoolFile: Sendable {
    var path: String { get }

    func write(_ bytes: [UInt8], at offset: Int) throws(JournalError)
    /// Up to `count` bytes from `offset`; fewer at the end of the file.
    func read(_ count: Int, at offset: Int) throws(JournalError) -> [UInt8]
    func size() throws(JournalError) -> Int
    func truncate(to size: Int) throws(JournalError)
    /// Waits until everything written is on the medium.
    func synchronise() throws(JournalError)
}

/// A directory of a real disk.
struct HostSpoolDirectory: SpoolDirectory {
    let path: String

    func create() throws(JournalError) {
        do throws(Errno) {
            try LocalFiles.makeDirectory(path, mode: 0o700)
        } catch {
            throw JournalError(.open, path, error)
        }
    }

    func names() throws(JournalError) -> [String] {
        do {
            return try DirectoryNames.read(path)
        } catch {
            throw JournalError(.open, path, error)
        }
    }

    func open(_ name: String) throws(JournalError) -> any SpoolFile { try SegmentFile(path: "\(path)/\(name)") }

    func remove(_ name: String) { unlink("\(path)/\(name)") }

    func synchronise() throws(JournalError) {
        do {
            let descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.directory, .closeOnExec])
            defer { try? descriptor.close() }
            guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw JournalError(.write, path, error)
        }
    }
}
