import Testing
import YggCore

struct DataPlaceTests {
    private static let mounts = """
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
        40 22 0:35 / /mnt/nas rw,relatime shared:20 - nfs4 surtr:/export rw,vers=4.2
        41 40 0:36 / /mnt/nas/local rw - ext4 /dev/sdb1 rw
        42 22 0:37 / /mnt/my\\040share rw master:3 - cifs //surtr/share rw
        43 22 0:38 / /home/freya/remote rw - fuse.sshfs surtr: rw
        44 22 0:39 / /mnt/over rw - ext4 /dev/sdc rw
        45 22 0:40 / /mnt/over rw - nfs surtr:/x rw
        46 22 0:41 / /mnt/nasty rw - xfs /dev/sdd rw
        """

    @Test(
        arguments: [
            ("/var/lib/yggdrasil", nil), ("/mnt/nas/ygg", "nfs4"), ("/mnt/nas", "nfs4"), ("/mnt/nas/local/ygg", nil),
            ("/mnt/my share/ygg", "cifs"), ("/home/freya/remote/ygg", "fuse.sshfs"), ("/mnt/over/ygg", "nfs"),
            ("/mnt/nasty/ygg", nil),
        ] as [(String, String?)]
    )
    func `a database on a network file system is refused`(path: String, type: String?) {
        let objection = DataPlace.objection(to: path, mounts: Self.mounts) { _ in false }
        #expect((objection != nil) == (type != nil))
        if let type { #expect(objection?.contains("(\(type))") == true) }
    }

    @Test(
        arguments: [
            ("/home/freya/Dropbox/ygg", nil, true), ("/home/freya/OneDrive - Asgard/ygg", nil, true),
            ("/home/freya/Nextcloud", nil, true), ("/home/freya/sync/ygg", "/home/freya/sync/.stfolder", true),
            ("/home/freya/elsewhere/ygg", "/home/freya/elsewhere/.dropbox.cache", true),
            ("/home/freya/.local/state/yggdrasil", "/home/freya/.dropbox", false),
            ("/home/freya/dropbox-notes/ygg", nil, false), ("/srv/ygg", "/home/.stfolder", false),
        ] as [(String, String?, Bool)]
    )
    func `a database in a synced folder is refused`(path: String, mark: String?, isRefused: Bool) {
        let objection = DataPlace.objection(to: path, mounts: Self.mounts) { $0 == mark }
        #expect((objection != nil) == isRefused)
    }

    @Test func `where nothing is known of mounts, nothing is said against them`() {
        #expect(DataPlace.objection(to: "/srv/ygg", mounts: "") { _ in false } == nil)
    }
}
