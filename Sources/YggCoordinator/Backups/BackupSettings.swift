package import YggCore

/// Backups that a coordinator makes by itself.
package struct BackupSettings: Sendable {
    /// The folder, which must be there.
    package var directory: String
    /// How many of them stay.
    package var keep: Int
    package var interval: Milliseconds
    /// The configuration file, where there is one.
    package var configuration: String?
    /// The name of this machine.
    package var host: String

    package init(
        directory: String,
        keep: Int = 7,
        interval: Milliseconds = .days(1),
        configuration: String? = nil,
        host: String = ""
    ) {
        self.directory = directory
        self.keep = keep
        self.interval = interval
        self.configuration = configuration
        self.host = host
    }
}
