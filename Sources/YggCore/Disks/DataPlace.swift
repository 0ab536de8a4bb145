/// Whether a database may lie where it is to lie.
///
/// SQLite's log is shared memory and its locks are the file system's: over a network both are promises that nobody
/// keeps, and what copies files to other machines copies them in the middle of a write.
package enum DataPlace {
    private static let networkTypes: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gfs2", "ocfs2", "beegfs", "davfs",
        "fuse.sshfs", "fuse.rclone", "fuse.davfs2", "fuse.glusterfs", "fuse.cephfs", "fuse.s3fs", "fuse.gcsfuse",
        "fuse.gvfsd-fuse", "fuse.google-drive-ocamlfuse", "fuse.onedriver", "fuse.pcloud", "fuse.smbnetfs",
        "fuse.juicefs", "fuse.moosefs",
    ]

    /// Folders that programs which copy files elsewhere call their own.
    private static let syncedNames: Set<String> = [
        "Dropbox", "OneDrive", "Google Drive", "GoogleDrive", "My Drive", "Nextcloud", "ownCloud", "iCloudDrive",
        "Mobile Documents", "pCloudDrive", "MEGAsync", "Syncthing",
    ]

    /// What such programs leave at the top of a folder. Not `.dropbox`: that is also what Dropbox keeps its settings in,
    /// below the home of everybody who has it.
    package static let syncMarks = [
        ".stfolder", ".dropbox.cache", ".nextcloudsync.log", ".owncloudsync.log", ".tmp.drivedownload",
    ]

    /// - Parameters:
    ///   - path: absolute, without symbolic links.
    ///   - mounts: what `/proc/self/mountinfo` says.
    ///   - exists: whether there is something at a path.
    /// - Returns: what to say where it may not.
    package static func objection(to path: String, mounts: String, exists: (String) -> Bool) -> String? {
        if let type = fileSystem(of: path, in: mounts), networkTypes.contains(type) {
            return "The data directory \(path) is on a network file system (\(type)), where SQLite loses data."
        }
        var folder = ""
        for part in path.split(separator: "/") {
            folder += "/\(part)"
            let isNamed = syncedNames.contains(String(part)) || part.hasPrefix("OneDrive - ")
            let mark = syncMarks.first { exists("\(folder)/\($0)") }
            guard isNamed || mark != nil else { continue }
            let reason = mark.map { "there is \($0) in it" } ?? "its name says so"
            return """
                The data directory \(path) is in \(folder), which another program copies to other machines (\(reason)): a \
                database that is copied while it is written is broken.
                """
        }
        return nil
    }

    /// The type of the file system that holds the path: that of the longest mount point above it, the last of several.
    static func fileSystem(of path: String, in mounts: String) -> String? {
        var found: (point: String, type: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count, fields.count > 4 else { continue }
            let point = unescaped(fields[4])
            let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
            guard isAbove, point.utf8.count >= found?.point.utf8.count ?? 0 else { continue }
            found = (point, String(fields[dash + 1]))
        }
        return found?.type
    }

    /// Spaces, tabs, line breaks and backslashes stand there as three octal digits.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
