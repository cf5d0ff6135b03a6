// What libFuzzer calls with bytes of its own making. Built by fuzz/run together with the one file that it tries.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    // The length is the input's as well: an image may lie about either.
    for length in [Int64(count), Int64.max, 4 << 16] {
        guard let header = try? QCOW2Header(input, fileBytes: length, limit: 1 << 50) else { continue }
        precondition(header.virtualBytes > 0 && header.virtualBytes <= 1 << 50)
        precondition((9...21).contains(header.clusterBits))
    }
    return 0
}
