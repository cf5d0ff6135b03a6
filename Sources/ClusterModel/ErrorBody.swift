/// The one body of every error answer: `{"error": {...}}`.
package struct ErrorBody: Error, Hashable, Sendable, Codable {
    package var code: Code
    /// One clear sentence: what was wrong, where, and what to do.
    package var message: String
    package var requestID: String
    /// Where no node fits, the reasons by node.
    package var noPlacement: NoPlacement?
    package var explanation: Explanation?

    /// The stable word that callers branch on. Each has one HTTP status and one exit code.
    package enum Code: String, Hashable, Sendable, Codable, CaseIterable {
        case invalid
        case unauthenticated
        case forbidden
        case notFound
        case conflict
        case idempotencyMismatch
        case gone
        case tooLarge
        case quotaExceeded
        case noCapacity
        case tooManyRequests
        case `internal`
        case unavailable
        case timeout
        case storageFull

        package var httpStatus: Int {
            switch self {
            case .invalid: 400
            case .unauthenticated: 401
            case .forbidden: 403
            case .notFound: 404
            case .conflict, .idempotencyMismatch, .noCapacity: 409
            case .gone: 410
            case .tooLarge: 413
            case .quotaExceeded: 403
            case .tooManyRequests: 429
            case .internal: 500
            case .unavailable: 503
            case .timeout: 504
            case .storageFull: 507
            }
        }
    }

    package init(code: Code, message: String, requestID: String = "", noPlacement: NoPlacement? = nil, explanation: Explanation? = nil) {
        self.code = code
        self.message = message
        self.requestID = requestID
        self.noPlacement = noPlacement
        self.explanation = explanation
    }
}
