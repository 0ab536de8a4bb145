import Testing
import YggConfiguration

struct LoginFileTests {
    @Test func `what was kept is read again, and each address has its own token`() throws {
        var file = LoginFile()
        file.keep("ygg_operator_a", for: "http://surtr:5080")
        file.keep("ygg_viewer_b", for: "http://fenrir:5080")
        file.keep("ygg_operator_c", for: "http://surtr:5080")
        let again = try LoginFile(text: file.text, path: "cli.yaml")
        #expect(again == file && again.current == "http://surtr:5080")
        #expect(again.token(for: "http://surtr:5080") == "ygg_operator_c")
        #expect(again.token(for: "http://fenrir:5080") == "ygg_viewer_b")
        #expect(again.token(for: "http://huginn:5080") == nil)
    }

    @Test func `what cannot be is an error with its line`() {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try LoginFile(text: "current: surtr\nwhat: 1\n", path: "cli.yaml")
        }
        #expect(error?.description.contains("cli.yaml:1: current") == true)
    }

    @Test func `addresses are spelt in one way`() throws {
        #expect(try LoginFile.address("surtr:5080") == "http://surtr:5080")
        #expect(try LoginFile.address("https://surtr/") == "https://surtr")
        #expect(throws: ValueProblem.self) { _ = try LoginFile.address("http://") }
    }

    @Test func `its place is beside the configuration`() {
        #expect(LoginFile.path(environment: ["HOME": "/h"]) == "/h/.config/yggdrasil/cli.yaml")
        #expect(LoginFile.path(environment: ["XDG_CONFIG_HOME": "/x", "HOME": "/h"]) == "/x/yggdrasil/cli.yaml")
        #expect(LoginFile.path(environment: [:]) == nil)
    }
}
