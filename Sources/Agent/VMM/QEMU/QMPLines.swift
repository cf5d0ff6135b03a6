import FoundationEssentials

/// What arrives over a socket, as the lines that were sent, however it was cut on its way.
struct QMPLines {
    private var rest: [UInt8] = []
    /// Longer than any answer to a command of ours.
    static let longest = 1 << 20

    /// The lines that these bytes complete, without their ends.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [Data] {
        var lines: [Data] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            lines.append(Data(rest) + Data(bytes[start..<end]))
            rest = []
            start = end + 1
        }
        rest += bytes[start...]
        return lines
    }

    /// Whoever sends such a line is given up.
    var isOverlong: Bool { rest.count > Self.longest }
}
