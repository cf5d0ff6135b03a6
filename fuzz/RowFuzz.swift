import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Placement

/// A row of the ledger: the first byte is its kind as in `RowKind`, 0 for placement steps, 255 for events.
/// The checksum of a row finds a flipped bit, and no forged row: this is what stands behind it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let first = input.first else { return 0 }
    let body = Data(input.dropFirst())
    switch first {
    case 0:
        guard let steps = try? StepCodec.decode(body) else { return 0 }
        guard let again = try? StepCodec.decode(try StepCodec.encode(steps)) else { fatalError("steps can't be read back") }
        precondition(again == steps)
    case 255: _ = try? RowCodec.latestEvents([JournalEntry(sequence: 1, body: body)], count: 10)
    default:
        guard let kind = RowKind(rawValue: Int64(first)), let change = try? RowCodec.change(StoredRow(key: 7, kind: kind, body: body)) else {
            return 0
        }
        var effects = Effects()
        effects.changes = [NumberedChange(revision: 1, change: change)]
        guard let row = try? RowCodec.batch(effects, sequence: 1).puts.first, let again = try? RowCodec.change(row) else {
            fatalError("\(kind) can't be read back")
        }
        precondition(row.kind == kind && row.key == 7 && "\(again)" == "\(change)")
    }
    return 0
}
