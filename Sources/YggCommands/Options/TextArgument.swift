import Glibc

/// An argument that holds text itself, or names where it is: `@file`, or `-` for standard input.
enum TextArgument {
    static let maxBytes = 4 << 20

    /// - Parameter option: the option's name, for messages.
    static func read(_ argument: String, option: String) throws -> String {
        if argument == "-" { return try text(of: STDIN_FILENO, named: "standard input", option) }
        guard argument.hasPrefix("@") else { return argument }
        let path = String(argument.dropFirst())
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure.usage(
                "\(option): cannot read \(path): \(String(cString: strerror(errno))).",
                next: "Name a file that can be read, or - for standard input."
            )
        }
        defer { close(descriptor) }
        return try text(of: descriptor, named: path, option)
    }

    private static func text(of descriptor: Int32, named name: String, _ option: String) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure.usage("\(option): cannot read \(name): \(String(cString: strerror(errno))).")
            }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= maxBytes else {
                throw CommandFailure.usage("\(option): \(name) is longer than \(maxBytes >> 20) MiB.")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure.usage("\(option): \(name) is not UTF-8 text.")
        }
        return text
    }
}
