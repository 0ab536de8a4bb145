/// Where a person's secrets usually lie: hidden from every command where the kernel allows it, see ``Isolation``.
///
/// The list is of what programs keep of their own accord. It is no promise about secrets that a person has put elsewhere.
package enum HiddenPlaces {
    /// Below a person's home.
    package static let below = [
        ".aws", ".azure", ".bash_history", ".cargo/credentials", ".cargo/credentials.toml", ".config/gcloud",
        ".config/gh", ".config/git/credentials", ".config/op", ".config/rclone", ".config/yggdrasil", ".docker",
        ".gem/credentials", ".git-credentials", ".gnupg", ".kube", ".local/share/keyrings", ".m2/settings.xml",
        ".mozilla", ".config/google-chrome", ".netrc", ".npmrc", ".pgpass", ".pypirc", ".python_history", ".ssh",
        ".terraform.d", ".vault-token", ".zsh_history",
    ]

    /// Where the images expect the keys for git and other machines.
    private static let mounted = ["/etc/yggdrasil/ssh"]

    /// - Parameter home: nil where there is none.
    package static func of(home: String?) -> [String] {
        guard let home, home.hasPrefix("/"), home != "/" else { return mounted }
        return mounted + below.map { "\(home)/\($0)" }
    }
}
