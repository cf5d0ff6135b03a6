import ClusterAPI
import ClusterModel
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Of Hummingbird's context, where the request comes from.
struct APIContext: InitializableFromSource {
    let remote: SocketAddress?
    init(source: ApplicationRequestContextSource) { remote = source.channel.remoteAddress }
}

/// From a request to its route's answer; every failure leaves as an `ErrorAnswer` with the request's id.
struct APIResponder: HTTPResponder {
    let controller: Controller
    let table = RouteTable()

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let began = ContinuousClock.now
        controller.metrics.began()
        let requestID = Self.requestID(of: request)
        let (route, answer) = await answer(request, context, requestID: requestID)
        var response = answer
        response.headers[.requestID] = requestID
        controller.metrics.answered(route, status: response.status.code, took: ContinuousClock.now - began)
        return response
    }

    private func answer(_ request: Request, _ context: APIContext, requestID: String) async -> (Route?, Response) {
        let path = request.uri.path
        switch table.match(method: request.method.rawValue, path: path) {
        case .none:
            let error = ErrorBody(code: .notFound, message: "There is no route “\(Printable(path, limit: 120))”; see docs/openapi.yaml.")
            return (nil, .failure(error, requestID: requestID))
        case .otherMethods(let methods):
            let error = ErrorBody(
                code: .invalid,
                message: "\(Printable(request.method.rawValue, limit: 20)) is not for “\(Printable(path, limit: 120))”; use "
                    + "\(methods.joined(separator: " or ")).")
            var response = Response.failure(error, requestID: requestID, status: 405)
            response.headers[.allow] = methods.joined(separator: ", ")
            return (nil, response)
        case .found(let route, let parameters):
            var call = APICall(route: route, request: request, parameters: parameters, requestID: requestID, remote: context.remote, peer: .nobody)
            do {
                call.peer = try controller.peer(Presented.current?.certificate ?? .none)
                try controller.checkPeer(call)
                try controller.admit(&call)
                defer { call.caller.session?.leave() }
                return (route, try await perform(call))
            } catch let error as ErrorBody {
                controller.noteDenial(call, error)
                var response = Response.failure(error, requestID: requestID)
                // With jitter, so that those who were sent away together don't come back together.
                if error.code == .unavailable || error.code == .tooManyRequests { response.headers[.retryAfter] = "\(Int.random(in: 1...4))" }
                return (route, response)
            } catch {
                controller.logger.error("a request failed in an unforeseen way", metadata: ["route": "\(route)", "why": "\(error)"])
                let body = ErrorBody(code: .internal, message: "The controller failed to answer; its log knows the request by its id.")
                return (route, .failure(body, requestID: requestID))
            }
        }
    }

    /// The two that come thousands of times a second stay on the connection's event loop, since they neither block nor take long there.
    private func perform(_ call: APICall) async throws -> Response {
        switch call.route {
        case .launchInstance, .syncNode: try await controller.answer(call)
        default: try await withTaskExecutorPreference(globalConcurrentExecutor) { try await controller.answer(call) }
        }
    }

    /// The caller's own where it is short and printable, else a new one.
    private static func requestID(of request: Request) -> String {
        if let id = request.headers[.requestID], (1...128).contains(id.utf8.count), id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) { return id }
        return UUID().uuidString.lowercased()
    }
}
