import HTTPTypes
import YggCoordinator
import YggCore
import YggHTTP
import YggProtocol

extension Endpoints {
    /// Serves a call of the table, to whom the table says.
    mutating func on(_ call: CoordinatorCall, _ handler: @escaping Handler) {
        guard let method = HTTPRequest.Method(call.method) else {
            preconditionFailure("\(call.method) is not a method")
        }
        on(method, call.path, call.rule, takesTicket: call.takesTicket, handler)
    }
}

extension AccessDesk: Doorkeeper {}

extension YggContext {
    /// The executor or service that the path names.
    func executorID(_ name: String = "executor") throws(Problem) -> ExecutorID {
        let text = parameter(name)
        guard let id = ExecutorID(text) else {
            throw .invalidRequest(InvalidInput("/\(name)", "\"\(text.prefix(80))\" is not an id"))
        }
        return id
    }
}
