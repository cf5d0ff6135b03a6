import ClusterModel
import FoundationEssentials
import Hummingbird
import NIOCore

extension JSONBody {
    static func read(_ request: Request, limit: Int = limit) async throws(ErrorBody) -> Data {
        if let length = request.headers[.contentLength], let bytes = Int(length), bytes > limit { throw tooLarge(limit) }
        var body = Data()
        do {
            for try await buffer in request.body {
                guard body.count + buffer.readableBytes <= limit else { throw tooLarge(limit) }
                body.append(contentsOf: buffer.readableBytesView)
            }
        } catch let error as ErrorBody {
            throw error
        } catch {
            throw ErrorBody(code: .invalid, message: "The request's body ended before it was complete.")
        }
        return body
    }

    private static func tooLarge(_ limit: Int) -> ErrorBody {
        ErrorBody(code: .tooLarge, message: "The request's body is larger than \(limit) bytes.")
    }
}
