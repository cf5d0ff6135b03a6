import ClusterAPI
import ClusterModel
import Planner
import StrictYAML

/// What the program ends with; scripts branch on these.
package enum ExitStatus: Int32, Error, CaseIterable {
    case ok = 0
    case failed = 1
    case usage = 2
    case notFound = 3
    case conflict = 4
    case notAllowed = 5
    case overQuota = 6
    case noCapacity = 7
    case timedOut = 8
    case unreachable = 9
    case interrupted = 130

    package init(_ code: ErrorBody.Code) {
        self =
            switch code {
            case .invalid, .tooLarge: .usage
            case .unauthenticated, .forbidden: .notAllowed
            case .notFound, .gone: .notFound
            case .conflict, .idempotencyMismatch: .conflict
            case .quotaExceeded: .overQuota
            case .noCapacity: .noCapacity
            case .timeout: .timedOut
            case .unavailable, .tooManyRequests: .unreachable
            case .internal, .storageFull: .failed
            }
    }

    package init(_ error: any Error) {
        self =
            switch error {
            case let error as CommandFailure: error.status
            case let error as ErrorBody: ExitStatus(error.code)
            case TransportError.unreachable, is MalformedAnswer: .unreachable
            case TransportError.untrusted: .notAllowed
            case TransportError.timedOut: .timedOut
            case TransportError.invalidEndpoint: .usage
            case let error as UnreadableFile: error.isMissing ? .notFound : .failed
            case is ConfigurationError, is InputError, is WhatIf.Invalid: .usage
            case is ClosedPipe: .ok
            case is CancellationError: .interrupted
            default: .failed
            }
    }
}

/// One sentence for the person at the terminal, and the status that it ends with.
package struct CommandFailure: Error, Hashable, CustomStringConvertible {
    package let status: ExitStatus
    package let description: String
    package init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
