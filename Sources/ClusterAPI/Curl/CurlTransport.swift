import CCurl
import FoundationEssentials
import Synchronization

/// Requests to one controller over libcurl. A single thread drives every transfer, so thousands may be under way at once,
/// and connections are used again. Proxies of the environment are not heeded: a cluster talks to itself.
package final class CurlTransport: Transport {
    /// The URL without a slash at its end.
    package let endpoint: String
    private let loop: CurlLoop
    private let headers: [(String, String)]
    private let trust: Mutex<CurlTrust>

    /// `token` is sent as a bearer with every request. More requests than `maximumConnections` wait for one another.
    package init(endpoint: String, token: String? = nil, trust: CurlTrust = CurlTrust(), maximumConnections: Int32 = 4096) throws(TransportError) {
        self.endpoint = try Self.checked(endpoint)
        self.trust = Mutex(trust)
        headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        loop = try CurlLoop(endpoint: self.endpoint, maximumConnections: max(1, maximumConnections))
    }

    deinit { loop.stop() }

    /// From the next request on; those under way, and connections that stand, go on as they began.
    package func setTrust(_ trust: CurlTrust) { self.trust.withLock { $0 = trust } }

    /// Ends every transfer and the thread. Later requests throw.
    package func shutdown() async { await loop.stopped() }

    package func send(_ request: HTTPRequest) async throws -> HTTPAnswer {
        try await perform(request, into: nil)
    }

    package func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        let download = CurlDownload()
        let answer = try await perform(request, into: download)
        let reader = CurlReader(download: download, transport: self)
        return (answer, AsyncThrowingStream { try await reader.next() })
    }

    private func perform(_ request: HTTPRequest, into download: CurlDownload?) async throws -> HTTPAnswer {
        let transfer = CurlTransfer(
            request: request, endpoint: endpoint, headers: headers, trust: trust.withLock(\.self), download: download, loop: loop)
        download?.connect(to: loop, transfer: transfer.id)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                transfer.continuation = continuation
                guard loop.post(.begin(transfer)) else {
                    return continuation.resume(throwing: TransportError.unreachable(endpoint: endpoint, why: "the client was shut down"))
                }
                // A task cancelled before this point had its handler run before there was anything to cancel.
                if Task.isCancelled { loop.post(.cancel(transfer.id)) }
            }
        } onCancel: {
            loop.post(.cancel(transfer.id))
        }
    }

    private static func checked(_ text: String) throws(TransportError) -> String {
        let invalid = TransportError.invalidEndpoint(String(text.prefix(200)))
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), let url = curl_url() else { throw invalid }
        defer { curl_url_cleanup(url) }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else { throw invalid }
        func has(_ part: CURLUPart) -> Bool {
            var value: UnsafeMutablePointer<CChar>?
            defer { curl_free(value) }
            return curl_url_get(url, part, &value, 0) == CURLUE_OK
        }
        let foreign = [CURLUPART_QUERY, CURLUPART_FRAGMENT, CURLUPART_USER, CURLUPART_PASSWORD].contains(where: has)
        let lowered = text.lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://"), has(CURLUPART_HOST), !foreign else { throw invalid }
        var base = text
        while base.hasSuffix("/") { base.removeLast() }
        return base
    }
}

/// The reading end of a streamed answer. Dropping it ends the transfer, and it keeps the transport alive until then.
private final class CurlReader: Sendable {
    private let download: CurlDownload
    private let transport: CurlTransport

    init(download: CurlDownload, transport: CurlTransport) {
        self.download = download
        self.transport = transport
    }

    deinit { download.abandon() }

    func next() async throws -> Data? { try await download.next() }
}
