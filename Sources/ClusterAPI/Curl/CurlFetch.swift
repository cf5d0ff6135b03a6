import CCurl
import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// One file from a URL that somebody gave. Unlike `CurlTransport`, which talks to a controller, it trusts nobody: every address is looked at
/// when it is connected to, so that neither a redirect nor a name that changes its mind leads inside.
package struct CurlFetch: Sendable {
    package var bytesLimit: Int64
    package var redirects = 5
    /// Of which each takes up where the one before broke off.
    package var attempts = 6
    package var silence = Duration.seconds(30)
    package var pause = Duration.milliseconds(500)
    package var allowsPrivate = false

    package init(bytesLimit: Int64) { self.bytesLimit = bytesLimit }

    /// Returns when the sink has everything. Cancelling the task ends the transfer.
    package func run(_ url: String, into sink: any FetchSink) async throws {
        try Self.check(url)
        let cancelled = CancelMark()
        let transfer = FetchTransfer(url: url, rules: self, sink: sink, cancelled: cancelled)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                // A thread of its own for as long as it takes: a fetch blocks.
                DispatchQueue(label: "berth.fetch").async { continuation.resume(with: Result { try transfer.run() }) }
            }
        } onCancel: {
            cancelled.set()
        }
    }

    package static func check(_ text: String) throws(FetchError) {
        let printable = text.utf8.count <= 4096 && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
        guard printable, let url = curl_url() else { throw .invalidURL }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else { throw .invalidURL }
        func has(_ part: CURLUPart) -> Bool {
            var value: UnsafeMutablePointer<CChar>?
            defer { curl_free(value) }
            return curl_url_get(url, part, &value, 0) == CURLUE_OK
        }
        let lowered = text.lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://"), has(CURLUPART_HOST) else { throw .invalidURL }
        guard !has(CURLUPART_USER), !has(CURLUPART_PASSWORD) else { throw .holdsPassword }
    }
}

/// Where a fetch puts what it gets, on a thread of its own.
package protocol FetchSink: Sendable {
    /// What was taken before is void: the source begins anew. `total` where the source says it.
    func begin(total: Int64?) throws
    func take(_ bytes: UnsafeRawBufferPointer) throws
}

package enum FetchError: Error, Hashable, Sendable, CustomStringConvertible {
    case invalidURL
    case holdsPassword
    case privateAddress(String)
    case tooManyRedirects(Int)
    case forbiddenProtocol
    case status(Int)
    case tooLarge(limit: Int64)
    /// After the last attempt.
    case broken(String)

    package var description: String {
        switch self {
        case .invalidURL: "the URL is not valid: write one that begins with http:// or https://"
        case .holdsPassword: "the URL holds a user or password, which would be kept and logged; use one without"
        case .privateAddress(let address):
            "the URL leads to \(address), which is no public address; an operator can allow that with “images: {allowPrivateSources: true}”"
        case .tooManyRedirects(let limit): "the URL leads on and on: \(limit) redirects are followed"
        case .forbiddenProtocol: "the URL leads to something else than http or https, or from https to http"
        case .status(let status): "the source answers with HTTP status \(status)"
        case .tooLarge(let limit): "the source has more than \(limit) bytes, which is the most that is taken"
        case .broken(let why): "the download broke off: \(why)"
        }
    }
}

final class CancelMark: Sendable {
    private let mark = Atomic(false)
    func set() { mark.store(true, ordering: .releasing) }
    var isSet: Bool { mark.load(ordering: .acquiring) }
}
