import CYggProcess
import Glibc
import SystemPackage

/// Our ends of a child's standard streams. None of them blocks. Who has started the child closes them.
struct ChildPipes: Sendable {
    enum Piece {
        case bytes([UInt8])
        case end
        /// The child has written nothing since.
        case nothing
    }

    /// What a pipe holds, unless somebody has asked for more.
    private static let pieceBytes = 64 << 10
    /// How long a program is waited for that is open for writing. A child that is being started holds whatever was open at
    /// that moment until it begins its own program: so one that we have just written may be held a little longer.
    private static let busyPatience: Duration = .seconds(1)

    /// -1 where the child was given none and reads /dev/null.
    let input: Int32
    let output: Int32
    let errors: Int32

    /// What there is to read of a stream.
    func read(_ stream: OutputStream) -> Piece {
        let descriptor = FileDescriptor(rawValue: stream == .stdout ? output : errors)
        do {
            let bytes = try [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
                count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            return bytes.isEmpty ? .end : .bytes(bytes)
        } catch {
            // A pipe that can no longer be read has come to its end; how the command ended is told by its exit.
            return error as? Errno == .wouldBlock ? .nothing : .end
        }
    }

    /// Closes what is read from. Of the input ``ChildInput`` knows when.
    func close() {
        Glibc.close(output)
        Glibc.close(errors)
    }

    /// Starts a program with pipes for its streams.
    static func spawn(_ executable: FilePath, _ spec: ProcessSpec) throws(Errno) -> (id: pid_t, pipes: ChildPipes) {
        // Whatever was opened when something fails, and the child's ends once it has them.
        var toClose: [Int32] = []
        defer { for descriptor in toClose { Glibc.close(descriptor) } }
        func pipe() throws(Errno) -> (read: Int32, write: Int32) {
            var ends: [Int32] = [-1, -1]
            let error = ygg_pipe(&ends)
            guard error == 0 else { throw Errno(rawValue: error) }
            toClose += ends
            return (ends[0], ends[1])
        }
        var (childInput, input): (Int32, Int32)
        if spec.standardInput == nil {
            (childInput, input) = (open("/dev/null", O_RDONLY | O_CLOEXEC), -1)
            guard childInput >= 0 else { throw Errno(rawValue: errno) }
            toClose.append(childInput)
        } else {
            (childInput, input) = try pipe()
        }
        let output = try pipe()
        let errors = try pipe()
        for ours in [input, output.read, errors.read] where ours >= 0 {
            guard fcntl(ours, F_SETFL, O_NONBLOCK) == 0 else { throw Errno(rawValue: errno) }
        }
        var patience: ContinuousClock.Instant?
        var id = pid_t()
        var error: Int32 = 0
        while true {
            error = withCStrings(spec.argv) { argv in
                withCStrings(spec.environment.map { "\($0.key)=\($0.value)" }) { environment in
                    ygg_spawn(
                        &id,
                        executable.string,
                        argv,
                        environment,
                        spec.workingDirectory,
                        childInput,
                        output.write,
                        errors.write
                    )
                }
            }
            guard error == ETXTBSY else { break }
            // From the first refusal on, so that there is a second try however slow the first was.
            let now = ContinuousClock.now
            patience = patience ?? now + busyPatience
            guard let patience, now < patience else { break }
            usleep(1000)
        }
        guard error == 0 else { throw Errno(rawValue: error) }
        let pipes = ChildPipes(input: input, output: output.read, errors: errors.read)
        toClose.removeAll { [pipes.input, pipes.output, pipes.errors].contains($0) }
        return (id, pipes)
    }

    /// The strings as C takes a list of them, for the length of the call.
    private static func withCStrings<Value>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

/// What a child is given to read, and how much of it it has not been given yet.
///
/// A child need not read it: neither an error nor a rest says anything about its work.
struct ChildInput {
    /// -1 once there is nothing more to give.
    private(set) var descriptor: Int32
    private let bytes: [UInt8]
    private var written = 0

    init(descriptor: Int32, bytes: [UInt8]) {
        self.descriptor = descriptor
        self.bytes = bytes
        if bytes.isEmpty { close() }
    }

    /// Gives as much as the pipe takes; after the last of it, end of file.
    mutating func write() {
        guard descriptor >= 0 else { return }
        let count = bytes.withUnsafeBytes {
            Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
        }
        if count >= 0 {
            written += count
        } else if errno == EAGAIN || errno == EINTR {
            return
        } else {
            written = bytes.count
        }
        if written == bytes.count { close() }
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
