/// Watches what is typed for "~." at the beginning of a line, as ssh does; "~~" sends one "~".
package struct DetachFilter {
    private enum State { case lineBegun, inLine, tilde }
    private var state = State.lineBegun

    package init() {}

    /// The bytes to send, and whether to detach after them; what follows a detach is dropped.
    package mutating func filter(_ typed: some Sequence<UInt8>) -> (send: [UInt8], detach: Bool) {
        var send: [UInt8] = []
        for byte in typed {
            switch (state, byte) {
            case (.lineBegun, 0x7E): state = .tilde
            case (.tilde, 0x2E): return (send, true)
            case (.tilde, 0x7E):
                send.append(0x7E)
                state = .inLine
            case (.tilde, _):
                send += [0x7E, byte]
                state = Self.endsLine(byte) ? .lineBegun : .inLine
            case (.lineBegun, _), (.inLine, _):
                send.append(byte)
                state = Self.endsLine(byte) ? .lineBegun : .inLine
            }
        }
        return (send, false)
    }

    private static func endsLine(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }
}
