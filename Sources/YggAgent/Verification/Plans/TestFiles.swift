/// Which files hold tests, by the names that the usual runners look for.
enum TestFiles {
    /// - Parameter path: below the workspace.
    static func isTest(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard let name = parts.last else { return false }
        let folders = parts.dropLast()
        switch name.split(separator: ".").last {
        case "py": return name.hasPrefix("test_") || name.hasSuffix("_test.py")
        case "swift": return name.hasSuffix("Tests.swift") || name.hasSuffix("Test.swift") || folders.first == "Tests"
        case "go": return name.hasSuffix("_test.go")
        case "rs": return folders.contains("tests")
        case "js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx":
            return name.contains(".test.") || name.contains(".spec.") || name.hasPrefix("test-")
                || name.hasPrefix("test.") || folders.contains { $0 == "test" || $0 == "tests" || $0 == "__tests__" }
        case "java", "kt": return name.hasSuffix("Test.java") || name.hasSuffix("Test.kt")
        case "rb": return name.hasSuffix("_spec.rb") || name.hasSuffix("_test.rb")
        default: return false
        }
    }
}
