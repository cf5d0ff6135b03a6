import CCurl
import FoundationEssentials
import Glibc
import Synchronization

/// One request under way. Made by the caller, then touched by the network thread only: that is what makes `@unchecked` true.
final class CurlTransfer: @unchecked Sendable {
    typealias ID = UInt64

    private static let count = Atomic<UInt64>(0)

    let id: ID
    let silenceLimit: Duration?
    var continuation: CheckedContinuation<HTTPAnswer, any Error>?
    var lastActivity = ContinuousClock.now
    private(set) var easy: UnsafeMutableRawPointer?
    private(set) var failure: (any Error)?

    private let request: HTTPRequest
    private let endpoint: String
    private let fixedHeaders: [(String, String)]
    private let trust: CurlTrust
    private let download: CurlDownload?
    private let upload: CurlUpload?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var answer = HTTPAnswer(status: 0, headers: [:], body: Data())

    init(request: HTTPRequest, endpoint: String, headers: [(String, String)], trust: CurlTrust, download: CurlDownload?, loop: CurlLoop) {
        self.trust = trust
        id = Self.count.add(1, ordering: .relaxed).newValue
        silenceLimit = download == nil ? nil : request.timeout
        self.request = request
        self.endpoint = endpoint
        self.download = download
        fixedHeaders = headers
        upload = CurlUpload(request.body, progress: request.progress, transfer: id, loop: loop)
    }

    var isPaused: Bool { (download?.isPaused ?? false) || (upload?.isPaused ?? false) }

    // MARK: The request

    func prepare(_ easy: UnsafeMutableRawPointer) {
        self.easy = easy
        lastActivity = .now
        do { try upload?.open() } catch {
            failure = error
            return
        }
        _ = berth_curl_set_string(easy, CURLOPT_URL, endpoint + request.target)
        _ = berth_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = berth_curl_set_string(easy, CURLOPT_PROXY, "")
        // "/v1/nodes/.." is the node "..", and not "/v1".
        _ = berth_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        _ = berth_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        _ = berth_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        _ = berth_curl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        if endpoint.lowercased().hasPrefix("https:") { trust.configure(easy) }
        setTimeouts(easy)
        setBody(easy)
        setHeaders(easy)
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = berth_curl_set_pointer(easy, CURLOPT_PRIVATE, context)
        _ = berth_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        _ = berth_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        _ = berth_curl_set_write(easy) { bytes, size, count, context in CurlTransfer.of(context)?.receive(bytes, size &* count) ?? 0 }
        _ = berth_curl_set_header(easy) { bytes, size, count, context in CurlTransfer.of(context)?.receiveHeader(bytes, size &* count) ?? 0 }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func setTimeouts(_ easy: UnsafeMutableRawPointer) {
        let longest = Duration.seconds(10)
        let connect = min(request.timeout ?? longest, longest)
        _ = berth_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(connect))
        if let timeout = request.timeout, download == nil { _ = berth_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(timeout)) }
    }

    /// At least 1, since libcurl takes 0 for no limit.
    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return seconds >= 2_000_000 ? 2_000_000_000 : max(1, Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }

    private func setBody(_ easy: UnsafeMutableRawPointer) {
        switch request.body {
        case .none:
            if request.method == .post || request.method == .put { _ = berth_curl_set_body(easy, "", 0) }
        case .bytes(let data):
            data.withUnsafeBytes { bytes in
                // A nil base, of empty data, would mean reading the body from a callback.
                if let base = bytes.baseAddress {
                    _ = berth_curl_set_body(easy, base, curl_off_t(bytes.count))
                } else {
                    _ = berth_curl_set_body(easy, "", 0)
                }
            }
        case .stream, .file:
            _ = berth_curl_set_long(easy, CURLOPT_UPLOAD, 1)
            _ = berth_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload?.length ?? -1))
            let context = Unmanaged.passUnretained(self).toOpaque()
            _ = berth_curl_set_pointer(easy, CURLOPT_READDATA, context)
            _ = berth_curl_set_pointer(easy, CURLOPT_SEEKDATA, context)
            _ = berth_curl_set_read(easy) { bytes, size, count, context in
                CurlTransfer.of(context)?.send(bytes, size &* count) ?? Int(CURL_READFUNC_ABORT)
            }
            _ = berth_curl_set_seek(easy) { context, offset, origin in
                origin == SEEK_SET && CurlTransfer.of(context)?.upload?.rewind(to: Int64(offset)) == true ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_CANTSEEK
            }
            // What is sent once can't be sent again when a kept connection turns out to be dead.
            if upload?.length == nil { _ = berth_curl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
        }
        _ = berth_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }

    private func setHeaders(_ easy: UnsafeMutableRawPointer) {
        for (name, value) in fixedHeaders + request.headers { append("\(name): \(value)") }
        // Spares a round trip before each large body.
        append("Expect:")
        if !request.headers.contains(where: { $0.0.lowercased() == "content-type" }) {
            switch request.body {
            case .none: append("Content-Type:")
            case .bytes: append("Content-Type: application/json")
            case .stream, .file: append("Content-Type: application/octet-stream")
            }
        }
        _ = berth_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func append(_ line: String) {
        let safe = line.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        guard safe, let longer = curl_slist_append(headerList, line) else {
            failure = TransportError.unreachable(endpoint: endpoint, why: "a request header holds a control character")
            return
        }
        headerList = longer
    }

    private func send(_ target: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        guard let target, let upload else { return Int(CURL_READFUNC_ABORT) }
        lastActivity = .now
        switch upload.read(into: UnsafeMutableRawBufferPointer(start: target, count: room)) {
        case .bytes(let count): return count
        case .later: return Int(CURL_READFUNC_PAUSE)
        case .failed(let error):
            failure = error
            return Int(CURL_READFUNC_ABORT)
        }
    }

    // MARK: The answer

    private func receive(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        lastActivity = .now
        guard let bytes, count > 0 else { return count }
        let piece = UnsafeRawBufferPointer(start: bytes, count: count)
        if let download { return download.offer(piece) ? count : Int(CURL_WRITEFUNC_PAUSE) }
        guard answer.body.count + count <= request.maximumAnswer else {
            failure = TransportError.answerTooLarge(limit: request.maximumAnswer)
            return 0
        }
        answer.body.append(contentsOf: piece)
        return count
    }

    private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        lastActivity = .now
        guard let bytes, count > 0 else { return count }
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            answer.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            answer.headers = [:]
        } else if let colon = line.utf8.firstIndex(of: 0x3A) {
            let name = line[..<colon].lowercased()
            let value = String(line[line.index(after: colon)...].drop(while: { $0 == " " || $0 == "\t" }).prefix(while: { !$0.isNewline }))
            answer.headers[name] = answer.headers[name].map { "\($0), \(value)" } ?? value
        } else if line == "\r\n" || line == "\n", answer.status >= 200, download != nil {
            continuation?.resume(returning: answer)
            continuation = nil
        }
        return count
    }

    // MARK: The end

    /// Nil where the transfer succeeded.
    func error(for code: CURLcode) -> (any Error)? {
        if code == CURLE_OK { return nil }
        if let failure { return failure }
        // The controller refused before it had read the whole body, and closed.
        if code == CURLE_SEND_ERROR, answer.status >= 400 { return nil }
        guard let easy else { return CancellationError() }
        return TransportError(code, of: easy, endpoint: endpoint)
    }

    /// Lets go of what libcurl must no longer use; called after the handle was taken out of the multi handle.
    func release() {
        easy = nil
        curl_slist_free_all(headerList)
        headerList = nil
    }

    func finish() {
        upload?.close()
        continuation?.resume(returning: answer)
        continuation = nil
        download?.finish(throwing: nil)
    }

    func finish(throwing error: any Error) {
        release()
        upload?.close()
        continuation?.resume(throwing: error)
        continuation = nil
        download?.finish(throwing: error)
    }
}

extension TransportError {
    fileprivate init(_ code: CURLcode, of easy: UnsafeMutableRawPointer, endpoint: String) {
        let connected = berth_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T) > 0
        switch code {
        case CURLE_OPERATION_TIMEDOUT where connected: self = .timedOut(endpoint: endpoint)
        case CURLE_OPERATION_TIMEDOUT: self = .unreachable(endpoint: endpoint, why: "no connection in time")
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .invalidEndpoint(endpoint)
        case CURLE_PEER_FAILED_VERIFICATION:
            let result = berth_curl_get_long(easy, CURLINFO_SSL_VERIFYRESULT)
            self = .untrusted(endpoint: endpoint, why: CurlTrust.words(forVerification: result))
        case CURLE_SSL_CONNECT_ERROR: self = .unreachable(endpoint: endpoint, why: "it does not speak TLS 1.3 as it should")
        case CURLE_SSL_CERTPROBLEM: self = .untrusted(endpoint: endpoint, why: "this side's own certificate and key can't be read")
        case CURLE_SSL_CACERT_BADFILE: self = .untrusted(endpoint: endpoint, why: "the certificate of the authority to trust can't be read")
        case CURLE_COULDNT_RESOLVE_HOST: self = .unreachable(endpoint: endpoint, why: "its name can't be resolved")
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE:
            self = .unreachable(endpoint: endpoint, why: "the connection was closed before the answer was whole")
        default:
            let number = Int32(truncatingIfNeeded: berth_curl_get_long(easy, CURLINFO_OS_ERRNO))
            let why = number != 0 ? String(cString: strerror(number)) : String(cString: curl_easy_strerror(code))
            self = .unreachable(endpoint: endpoint, why: why.prefix(1).lowercased() + why.dropFirst())
        }
    }
}
