import Crypto
import YggCore

/// Remembers what came of checking a base, in a directory that outlives the workspace: the same tree, checked with the
/// same commands under the same protections, comes out the same.
struct BaseCache: Sendable {
    let directory: String
    private let key: String

    /// What the file means, and how output is read: what was kept by another version is not understood.
    private static let version: Int64 = 1

    init(directory: String, tree: String, steps: [VerificationStep], protections: [String]) {
        self.directory = directory
        let commands: [JSON] = steps.map { step in
            [
                .string(step.goal.rawValue), .array(step.argv.map(JSON.string)), .string(step.directory ?? "."),
                .int(Int64(step.timeLimit / .seconds(1))),
            ]
        }
        let what: JSON = [
            "version": .int(Self.version), "tree": .string(tree), "commands": .array(commands),
            "protections": .array(protections.map(JSON.string)),
        ]
        key = SHA256.hash(data: what.canonicalBytes).prefix(16).map { Self.hex($0) }.joined()
    }

    private var path: String { "\(directory)/\(key).json" }

    /// - Returns: nil where nothing is known, or it cannot be read: then the base is checked.
    func read(_ steps: [VerificationStep]) -> [StepResult]? {
        guard let bytes = HostFile.read(path, limit: 64 << 20), let json = try? JSON(parsing: bytes),
            let items = json["steps"]?.arrayValue
        else { return nil }
        // A step that was left out has no result.
        var results: [StepResult] = []
        var rest = steps[...]
        for item in items {
            while let step = rest.popFirst() {
                guard let result = StepResult(item, of: step) else { continue }
                results.append(result)
                break
            }
        }
        return results.count == items.count ? results : nil
    }

    /// Keeping it is a kindness to whoever comes next: where it fails, the base is checked again.
    func write(_ results: [StepResult]) {
        let json: JSON = ["steps": .array(results.map(\.json))]
        try? HostFile.write(json.text, to: path)
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0\(digits)" : digits
    }
}
