import Glibc

/// The guest's serial port: everything it says goes to the log and to the one client that is connected; what the client types goes to it.
struct Console {
    static let socketName = "console.sock"
    private static let maximumQueue = 256 << 10

    let serial: Int32
    let listener: Int32
    private(set) var client: Int32 = -1
    private var log: CappedLog
    private var toGuest: [UInt8] = []
    private var toClient: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 16 << 10)

    init(serial: Int32, logLimit: Int) throws(CageFailure) {
        self.serial = serial
        log = CappedLog(name: "console.log", limit: logLimit)
        listener = try Listener.open(Self.socketName)
        _ = fcntl(serial, F_SETFL, O_NONBLOCK)
    }

    var serialEvents: Int16 { Int16(POLLIN) | (toGuest.isEmpty ? 0 : Int16(POLLOUT)) }
    var clientEvents: Int16 { (toGuest.count < Self.maximumQueue ? Int16(POLLIN) : 0) | (toClient.isEmpty ? 0 : Int16(POLLOUT)) }

    /// False when the VMM has closed its end.
    mutating func serialIsReady() -> Bool {
        flushToGuest()
        let count = buffer.withUnsafeMutableBytes { read(serial, $0.baseAddress, $0.count) }
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        buffer.withUnsafeBytes { log.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        // A client that does not read loses words; the guest never waits for it.
        if client >= 0, toClient.count + count <= Self.maximumQueue {
            toClient.append(contentsOf: buffer[..<count])
            flushToClient()
        }
        return true
    }

    mutating func clientIsReady(hasHungUp: Bool) {
        flushToClient()
        guard client >= 0 else { return }
        guard toGuest.count < Self.maximumQueue else {
            // Nothing more can be taken from it, and a poll would report it for ever.
            if hasHungUp { dropClient() }
            return
        }
        let count = buffer.withUnsafeMutableBytes { read(client, $0.baseAddress, $0.count) }
        if count > 0 {
            toGuest.append(contentsOf: buffer[..<count])
            flushToGuest()
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            dropClient()
        }
    }

    mutating func acceptClient() {
        let accepted = accept(listener, nil, nil)
        guard accepted >= 0 else { return }
        _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
        guard client < 0 else {
            let words = Array("The console is in use by someone else.\r\n".utf8)
            _ = words.withUnsafeBytes { write(accepted, $0.baseAddress, $0.count) }
            close(accepted)
            return
        }
        client = accepted
    }

    private mutating func dropClient() {
        close(client)
        client = -1
        toClient = []
    }

    private mutating func flushToClient() {
        guard client >= 0, !toClient.isEmpty else { return }
        if !Self.flush(&toClient, to: client) { dropClient() }
    }

    private mutating func flushToGuest() {
        guard !toGuest.isEmpty else { return }
        if !Self.flush(&toGuest, to: serial) { toGuest = [] }
    }

    private static func flush(_ queue: inout [UInt8], to descriptor: Int32) -> Bool {
        let count = queue.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { queue.removeFirst(count) }
        return count >= 0 || errno == EAGAIN || errno == EINTR
    }
}
