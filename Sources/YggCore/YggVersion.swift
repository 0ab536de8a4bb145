/// The version of this build, as `ygg version`, `/health` and registrations tell it.
package enum YggVersion {
    package static let current = "0.1.0"
}
