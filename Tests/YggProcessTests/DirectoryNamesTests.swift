import Glibc
import SystemPackage
import Testing

@testable import YggProcess

struct DirectoryNamesTests {
    /// A directory of its own with empty files of these names.
    private func withDirectory(of names: [String], _ body: (String) throws -> Void) throws {
        let directory = "/tmp/ygg-names-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try #require(mkdir(directory, 0o700) == 0)
        defer {
            for name in names { unlink("\(directory)/\(name)") }
            rmdir(directory)
        }
        for name in names { close(creat("\(directory)/\(name)", 0o600)) }
        try body(directory)
    }

    /// More than one reading of the kernel's, 32 KiB each.
    @Test func `names of every length are read`() throws {
        let names = (1...255).flatMap { length in
            "ab".map { first in "\(first)" + String(repeating: "n", count: length - 1) }
        }
        try withDirectory(of: names) { directory in
            let found = try DirectoryNames.read(directory)
            #expect(found.sorted() == names.sorted())
        }
    }

    @Test func `no more names than asked for are read`() throws {
        try withDirectory(of: ["a", "b", "c"]) { directory in
            let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            var (own, now) = (stat(), stat())
            try #require(fstat(descriptor, &own) == 0)
            let names = try DirectoryNames.read(closing: descriptor, limit: 2)
            #expect(names.count == 2)
            #expect(Set(names).isSubset(of: ["a", "b", "c"]))
            // Closed: the number is nobody's, or by now that of what another test has opened.
            #expect(fstat(descriptor, &now) != 0 || (now.st_dev, now.st_ino) != (own.st_dev, own.st_ino))
        }
    }

    @Test func `a directory that is not there is said to be missing`() {
        #expect(throws: Errno.noSuchFileOrDirectory) { try DirectoryNames.read("/tmp/ygg-none-\(getpid())") }
    }

    /// The last entry of what the kernel gave may be the last thing in memory.
    @Test func `nothing is read behind an entry`() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let pages = try #require(mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        try #require(pages != MAP_FAILED)
        defer { munmap(pages, 2 * page) }
        try #require(mprotect(pages + page, page, PROT_NONE) == 0)
        let start = try #require(MemoryLayout<dirent>.offset(of: \.d_name))
        // Entries begin at multiples of eight, and the name ends with its zero, which is there already.
        let entry = pages + page - (start + 5 + 7) / 8 * 8
        (entry + start).copyMemory(from: Array("name".utf8), byteCount: 4)
        #expect(DirectoryNames.name(of: entry.assumingMemoryBound(to: dirent.self)) == "name")
    }
}
