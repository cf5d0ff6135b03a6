import CCurl
import FoundationEssentials
import Glibc

/// A fetch on its thread, through all of its attempts. Only that thread touches it, which is what makes `@unchecked` true.
final class FetchTransfer: @unchecked Sendable {
    private let url: String
    private let rules: CurlFetch
    private let sink: any FetchSink
    private let cancelled: CancelMark

    private var offset: Int64 = 0
    private var begun = false
    /// What the source calls this version of the file; without it nothing can be taken up again.
    private var validator: String?
    private var failure: (any Error)?
    private var refusedAddress: String?

    // Of the answer that is arriving.
    private var status = 0
    private var headers: [String: String] = [:]
    /// libcurl takes a connection that is closed within the head for an answer without a body.
    private var headIsWhole = false
    private var placed = false

    init(url: String, rules: CurlFetch, sink: any FetchSink, cancelled: CancelMark) {
        self.url = url
        self.rules = rules
        self.sink = sink
        self.cancelled = cancelled
    }

    func run() throws {
        var last = "no attempt was made"
        for attempt in 0..<max(1, rules.attempts) {
            if attempt > 0 { wait() }
            guard let why = try perform() else { return }
            last = why
        }
        throw FetchError.broken(last)
    }

    private func wait() {
        let deadline = ContinuousClock.now + rules.pause
        while ContinuousClock.now < deadline, !cancelled.isSet { usleep(10_000) }
    }

    /// Nil when all has arrived, else why to try again. Throws what no further attempt mends.
    private func perform() throws -> String? {
        guard !cancelled.isSet else { throw CancellationError() }
        guard let easy = curl_easy_init() else { return "out of memory" }
        defer { curl_easy_cleanup(easy) }
        (status, headers, headIsWhole, placed, refusedAddress) = (0, [:], false, false, nil)
        var list: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(list) }
        if let validator, offset > 0 {
            list = curl_slist_append(list, "Range: bytes=\(offset)-")
            list = curl_slist_append(list, "If-Range: \(validator)")
        }
        configure(easy)
        _ = berth_curl_set_list(easy, CURLOPT_HTTPHEADER, list)
        let code = curl_easy_perform(easy)
        if cancelled.isSet { throw CancellationError() }
        if let failure { throw failure }
        if let refusedAddress { throw FetchError.privateAddress(refusedAddress) }
        return try judge(code)
    }

    private func configure(_ easy: UnsafeMutableRawPointer) {
        _ = berth_curl_set_string(easy, CURLOPT_URL, url)
        _ = berth_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = berth_curl_set_string(easy, CURLOPT_REDIR_PROTOCOLS_STR, url.lowercased().hasPrefix("https:") ? "https" : "http,https")
        // A proxy would connect in our name to whatever it is told.
        _ = berth_curl_set_string(easy, CURLOPT_PROXY, "")
        _ = berth_curl_set_string(easy, CURLOPT_USERAGENT, "berth")
        for (option, value) in [
            (CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, rules.redirects), (CURLOPT_NOSIGNAL, 1), (CURLOPT_NOPROGRESS, 0),
            (CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1), (CURLOPT_CONNECTTIMEOUT_MS, 10_000), (CURLOPT_LOW_SPEED_LIMIT, 1),
            (CURLOPT_LOW_SPEED_TIME, max(1, Int(rules.silence.components.seconds))),
        ] { _ = berth_curl_set_long(easy, option, value) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_XFERINFODATA, CURLOPT_OPENSOCKETDATA] {
            _ = berth_curl_set_pointer(easy, option, context)
        }
        _ = berth_curl_set_write(easy) { bytes, size, count, context in FetchTransfer.of(context)?.receive(bytes, size &* count) ?? 0 }
        _ = berth_curl_set_header(easy) { bytes, size, count, context in FetchTransfer.of(context)?.receiveHeader(bytes, size &* count) ?? 0 }
        _ = berth_curl_set_progress(easy) { context, _, _, _, _ in FetchTransfer.of(context)?.cancelled.isSet == false ? 0 : 1 }
        _ = berth_curl_set_open_socket(easy) { context, _, address in FetchTransfer.of(context)?.open(address) ?? CURL_SOCKET_BAD }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> FetchTransfer? {
        context.map { Unmanaged<FetchTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    private func judge(_ code: CURLcode) throws -> String? {
        switch code {
        case CURLE_OK where !headIsWhole: return "the answer ends within its head"
        case CURLE_OK where (200..<300).contains(status):
            // An empty body calls nobody.
            if !placed { try place() }
            return nil
        case CURLE_OK where status == 416:
            (offset, validator) = (0, nil)
            return "the source has changed"
        case CURLE_OK where status >= 500 || status == 408 || status == 429: return "HTTP status \(status)"
        case CURLE_OK: throw FetchError.status(status)
        case CURLE_TOO_MANY_REDIRECTS: throw FetchError.tooManyRedirects(rules.redirects)
        case CURLE_UNSUPPORTED_PROTOCOL: throw FetchError.forbiddenProtocol
        case CURLE_URL_MALFORMAT: throw FetchError.invalidURL
        default: return String(cString: curl_easy_strerror(code)).lowercased()
        }
    }

    // MARK: The answer

    /// Where the first byte of this answer belongs.
    private func place() throws {
        placed = true
        if status == 206, begun, offset > 0, headers["content-range"]?.hasPrefix("bytes \(offset)-") == true { return }
        guard status != 206 else { throw FetchError.status(206) }
        let total = headers["content-length"].flatMap { Int64($0) }
        if let total, total > rules.bytesLimit { throw FetchError.tooLarge(limit: rules.bytesLimit) }
        // A weak tag does not promise the same bytes.
        validator = headers["etag"].flatMap { $0.hasPrefix("W/") ? nil : $0 } ?? headers["last-modified"]
        (offset, begun) = (0, true)
        try sink.begin(total: total)
    }

    private func receive(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        // The page of an error or a redirect is nobody's image.
        guard (200..<300).contains(status), let bytes else { return count }
        do {
            if !placed { try place() }
            guard Int64(count) <= rules.bytesLimit - offset else { throw FetchError.tooLarge(limit: rules.bytesLimit) }
            try sink.take(UnsafeRawBufferPointer(start: bytes, count: count))
        } catch {
            failure = error
            return 0
        }
        offset += Int64(count)
        return count
    }

    private func receiveHeader(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
        guard let bytes else { return count }
        let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            (headers, headIsWhole) = ([:], false)
        } else if line == "\r\n" || line == "\n" {
            headIsWhole = true
        } else if let colon = line.firstIndex(of: ":"), headers.count < 200 {
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }.prefix { !$0.isNewline }
            headers[line[..<colon].lowercased()] = String(value)
        }
        return count
    }

    // MARK: The address

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address else { return CURL_SOCKET_BAD }
        let family = address.pointee.family
        let kind = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        guard rules.allowsPrivate || isPublic(address, family) else { return CURL_SOCKET_BAD }
        return socket(family, kind, address.pointee.protocol)
    }

    private func isPublic(_ address: UnsafeMutablePointer<curl_sockaddr>, _ family: Int32) -> Bool {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return false }
        // The structure goes on for as long as `addrlen` says.
        let start = UnsafeRawPointer(address) + offset
        let length = Int(address.pointee.addrlen)
        let (first, count) = family == AF_INET6 ? (8, 16) : (4, 4)
        guard family == AF_INET || family == AF_INET6, length >= first + count else {
            refusedAddress = "an address of another kind"
            return false
        }
        let bytes = Array(UnsafeRawBufferPointer(start: start + first, count: count))
        let isPublic = family == AF_INET ? PublicAddress.isPublic(ipv4: bytes) : PublicAddress.isPublic(ipv6: bytes)
        if !isPublic {
            var text = [CChar](repeating: 0, count: 64)
            inet_ntop(family, start + first, &text, socklen_t(text.count))
            refusedAddress = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        } else {
            refusedAddress = nil
        }
        return isPublic
    }
}
