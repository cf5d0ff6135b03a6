import FoundationEssentials

/// What a QEMU says, which a guest may have taken over: it is cut into the same lines however it arrives, and read or not, but never breaks the agent.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    var whole = QMPLines()
    let lines = whole.take(input[...])
    var cut = QMPLines()
    var pieces: [Data] = []
    let step = 1 + Int(input.first ?? 0) % 7
    for start in stride(from: 0, to: count, by: step) { pieces += cut.take(input[start..<min(count, start + step)]) }
    precondition(lines == pieces && whole.isOverlong == cut.isOverlong)
    precondition(lines.count == input.count { $0 == 0x0A } && lines.allSatisfy { !$0.contains(0x0A) })
    for line in lines {
        _ = try? JSONDecoder().decode(QMPMessage.self, from: line)
        _ = try? JSONDecoder().decode(QMPMessage.Answer<QMPMessage.Nothing>.self, from: line)
        _ = try? JSONDecoder().decode(QMPMessage.Answer<QMPMessage.Status>.self, from: line)
        _ = try? JSONDecoder().decode(QMPMessage.Answer<QMPMessage.Name>.self, from: line)
        _ = try? JSONDecoder().decode(QMPMessage.Answer<QMPMessage.Identity>.self, from: line)
    }
    return 0
}
