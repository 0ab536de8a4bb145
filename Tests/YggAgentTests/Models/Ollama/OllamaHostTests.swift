import Testing
import YggAgent

struct OllamaHostTests {
    @Test(arguments: [
        ("", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        (":1234", "http://127.0.0.1:1234"),
        ("1.2.3.4:1234", "http://1.2.3.4:1234"),
        ("example.com", "http://example.com:11434"),
        ("example.com:1234", "http://example.com:1234"),
        (":0", "http://127.0.0.1:0"),
        (":66000", "http://127.0.0.1:11434"),
        (":-1", "http://127.0.0.1:11434"),
        ("surtr:port", "http://surtr:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::]", "http://[::1]:11434"),
        ("::1", "http://[::1]:11434"),
        ("[fd7a:115c::1]:1337", "http://[fd7a:115c::1]:1337"),
        (" 1.2.3.4 ", "http://1.2.3.4:11434"),
        ("\"1.2.3.4\"", "http://1.2.3.4:11434"),
        (" \" 1.2.3.4 \" ", "http://1.2.3.4:11434"),
        ("'1.2.3.4'", "http://1.2.3.4:11434"),
        ("http://1.2.3.4", "http://1.2.3.4:80"),
        ("http://1.2.3.4:4321", "http://1.2.3.4:4321"),
        ("https://1.2.3.4", "https://1.2.3.4:443"),
        ("https://1.2.3.4:4321", "https://1.2.3.4:4321"),
        ("https://example.com/ollama", "https://example.com:443/ollama"),
        ("example.com/ollama/", "http://example.com:11434/ollama"),
        ("HTTP://example.com", "http://example.com:80"),
        ("ollama.com", "https://ollama.com:443"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://0.0.0.0:11434/", "http://127.0.0.1:11434"),
    ])
    func `the variable means what it means to Ollama`(value: String, url: String) {
        #expect(OllamaHost(parsing: value).url == url)
    }

    @Test(arguments: [
        ("", true), ("localhost", true), ("127.0.0.2:1", true), ("[::]:1", true), ("surtr", false), ("10.0.0.1", false),
    ])
    func `it is known whether it is this machine`(value: String, isLocal: Bool) {
        #expect(OllamaHost(parsing: value).isLocal == isLocal)
    }

    @Test func `Ollama's cloud is no machine of the household`() {
        #expect(OllamaSettings(host: OllamaHost(parsing: "ollama.com")).timing == .hosted)
        #expect(OllamaSettings(host: OllamaHost(parsing: "surtr:11434")).timing == .selfHosted)
    }
}
