import Glibc

/// The image that this process runs in, where it is one of ours. Such an image cannot be added to from inside: what a
/// command needs comes with its next build.
package enum OwnImage {
    /// `executor`, `code-agent`, `coordinator`; nil outside. The images set the variable, because a container by itself says
    /// nothing: in one that a person made for their tools, packages are installed as on any machine.
    package static let name: String? = getenv("YGG_IMAGE").flatMap { value in
        value.pointee == 0 ? nil : String(cString: value)
    }

    /// How a package of the distribution comes into an image of ours, as a sentence.
    package static func build(adding package: String) -> String {
        "Build the image with --build-arg EXTRA_PACKAGES=\"\(package)\"."
    }
}
