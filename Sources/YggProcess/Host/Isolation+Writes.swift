import Glibc

extension Isolation {
    /// Whether a command can be kept from writing anywhere but in given directories. Tried once, by doing it, and only where
    /// somebody wants to know: it takes a mount for each file system of the machine.
    package static var confinesWrites: Bool {
        get async { await confinement.value }
    }

    /// Detached, so that whoever asks first lends it neither his cancellation nor his witness.
    private static let confinement = Task.detached { await here.keepsInside() }

    private func keepsInside() async -> Bool {
        guard parts.contains(.secrets) else { return false }
        var template = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/ygg-writes-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return false }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (inside, outside) = ("\(directory)/inside", "\(directory).outside")
        defer {
            unlink(inside)
            unlink(outside)
            rmdir(directory)
        }
        let script = "touch inside && ! touch \"$1\" 2>/dev/null"
        let spec = ProcessSpec(
            argv: wrap(["sh", "-c", script, "sh", outside], network: false, writable: [directory]),
            environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: directory,
            runTimeout: .seconds(10)
        )
        return await collectProcess(spec, limit: 1 << 10).outcome.succeeded
    }
}
