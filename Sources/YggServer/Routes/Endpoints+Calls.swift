import HTTPTypes
import YggCoordinator
import YggHTTP
import YggProtocol

extension Endpoints {
    /// Serves a call of the table, to whom the table says.
    mutating func on(_ call: CoordinatorCall, _ handler: @escaping Handler) {
        guard let method = HTTPRequest.Method(call.method) else {
            preconditionFailure("\(call.method) is not a method")
        }
        on(method, call.path, call.rule, handler)
    }
}

extension AccessDesk: Doorkeeper {}
