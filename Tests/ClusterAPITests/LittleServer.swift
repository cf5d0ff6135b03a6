import FoundationEssentials
import Glibc
import Synchronization

/// A few lines of HTTP/1.1 on a real socket, a thread for each connection, so that the client is tested against bytes and not against itself.
final class LittleServer: Sendable {
    struct Request: Sendable {
        var method = ""
        var target = ""
        var headers: [String: String] = [:]
        var body = Data()
        /// Counts connections from 1.
        var connection = 0
    }

    /// Where a handler writes its answer.
    struct Reply: Sendable {
        let socket: Int32

        @discardableResult
        func write(_ text: String) -> Bool { write(Data(text.utf8)) }

        @discardableResult
        func write(_ data: Data) -> Bool {
            var left = data
            while !left.isEmpty {
                let count = left.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                left = Data(left.dropFirst(count))
            }
            return true
        }

        func answer(_ body: String = "", status: Int = 200, headers: String = "") {
            write("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
        }

        /// Blocks until the other side has closed.
        func waitForEnd() {
            var byte: UInt8 = 0
            while recv(socket, &byte, 1, 0) > 0 {}
        }
    }

    typealias Handler = @Sendable (Request, Reply) -> Void

    let port: UInt16
    private let listener: Int32
    private let handler: Handler
    private let readsBodies: Bool
    private let connections = Mutex<[Int32]>([])
    private let accepted = Atomic<Int>(0)

    var endpoint: String { "http://127.0.0.1:\(port)" }
    var connectionsAccepted: Int { accepted.load(ordering: .relaxed) }

    init(readsBodies: Bool = true, _ handler: @escaping Handler) throws {
        self.readsBodies = readsBodies
        self.handler = handler
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.bind(listener, generic, length) == 0 && Glibc.listen(listener, 1024) == 0 && getsockname(listener, generic, &length) == 0
            }
        }
        guard bound else { throw CancellationError() }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        spawn { [self] in acceptAll() }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        for socket in connections.withLock({ $0 }) { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func acceptAll() {
        while true {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { return }
            let number = accepted.add(1, ordering: .relaxed).newValue
            connections.withLock { $0.append(socket) }
            spawn { [self] in
                serve(socket, number)
                connections.withLock { $0.removeAll { $0 == socket } }
                close(socket)
            }
        }
    }

    private func serve(_ socket: Int32, _ number: Int) {
        var buffer = Data()
        while var request = readHead(socket, &buffer) {
            request.connection = number
            if !readsBodies {
                buffer = Data()
            } else if let length = request.headers["content-length"].flatMap({ Int($0) }) {
                while buffer.count < length { guard fill(socket, &buffer) else { return } }
                request.body = Data(buffer.prefix(length))
                buffer = Data(buffer.dropFirst(length))
            } else if request.headers["transfer-encoding"] == "chunked" {
                guard let body = readChunks(socket, &buffer) else { return }
                request.body = body
            }
            handler(request, Reply(socket: socket))
        }
    }

    private func readHead(_ socket: Int32, _ buffer: inout Data) -> Request? {
        guard let head = readUntil("\r\n\r\n", socket, &buffer) else { return nil }
        var request = Request()
        let lines = head.split(separator: "\r\n")
        let words = lines.first?.split(separator: " ").map(String.init) ?? []
        guard words.count == 3 else { return nil }
        (request.method, request.target) = (words[0], words[1])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            request.headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return request
    }

    private func readChunks(_ socket: Int32, _ buffer: inout Data) -> Data? {
        var body = Data()
        while true {
            guard let line = readUntil("\r\n", socket, &buffer), let size = Int(line, radix: 16) else { return nil }
            while buffer.count < size + 2 { guard fill(socket, &buffer) else { return nil } }
            body.append(buffer.prefix(size))
            buffer = Data(buffer.dropFirst(size + 2))
            if size == 0 { return body }
        }
    }

    private func readUntil(_ mark: String, _ socket: Int32, _ buffer: inout Data) -> String? {
        let bytes = Array(mark.utf8)
        while true {
            if let start = buffer.indices.first(where: { buffer[$0...].starts(with: bytes) }) {
                let text = String(decoding: buffer[..<start], as: UTF8.self)
                buffer = Data(buffer[(start + bytes.count)...])
                return text
            }
            guard fill(socket, &buffer) else { return nil }
        }
    }

    private func fill(_ socket: Int32, _ buffer: inout Data) -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer.append(contentsOf: piece[..<count])
        return true
    }

    private func spawn(_ work: @escaping @Sendable () -> Void) {
        final class Box { let work: @Sendable () -> Void; init(_ work: @escaping @Sendable () -> Void) { self.work = work } }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(work))
        let result = pthread_create(
            &thread, nil,
            { raw in
                if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().work() }
                return nil
            }, box.toOpaque())
        if result == 0 { pthread_detach(thread) } else { box.release() }
    }
}
