import Testing
import YggCore

@testable import YggClient

struct BackoffTests {
    @Test
    func `pauses double up to their limit and begin anew`() {
        var backoff = Backoff(first: .milliseconds(100), limit: .milliseconds(500))
        #expect((0..<4).map { _ in backoff.next(jitter: 1) } == [100, 200, 400, 500].map { .milliseconds($0) })
        backoff.reset()
        #expect(backoff.next(jitter: 0) == .milliseconds(50))
    }

    @Test(arguments: [
        ("127.0.0.1:5080", ["http://127.0.0.1:5080"]), ("https://a/ ", ["https://a/"]), ("", ["http://127.0.0.1:5080"]),
        ("http://a:1, b:2", ["http://a:1", "http://b:2"]),
    ])
    func `an address may leave out its scheme`(address: String, urls: [String]) {
        #expect(CoordinatorClient(address: address, token: nil).urls == urls)
    }

    @Test
    func `a path holds whatever it is given`() {
        let path = RequestPath("v1", "tasks", "a/b?c").query("x", "1 2&3").query("y", nil).query("z", "é")
        #expect(path.description == "/v1/tasks/a%2Fb%3Fc?x=1%202%263&z=%C3%A9")
    }
}
