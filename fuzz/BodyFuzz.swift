import ClusterAPI
import ClusterModel
import FoundationEssentials

/// The first byte, from A on, says whose body the rest is. A test of the repository holds this list against the routes.
private let readers: [@Sendable (Data) -> Void] = [
    hot(LaunchRequest.self), hot(SyncRequest.self), body(UpdateRequest.self), body(StopRequest.self), body(MigrateRequest.self),
    body(ResizeRequest.self), body(RebuildRequest.self), body(VolumeRequest.self), body(VolumeUpdateRequest.self), body(AttachRequest.self),
    body(SnapshotRequest.self), body(RestoreRequest.self), body(ExportRequest.self), body(CloneRequest.self), body(KeyRequest.self),
    body(Size.self), body(DrainRequest.self), body(ConfirmDeadRequest.self), body(HoldRecoveryRequest.self), body(ProjectRequest.self),
    body(QuotaRequest.self), body(AccountRequest.self), body(GrantRequest.self), body(TokenRequest.self), body(JoinTokenRequest.self),
    body(JoinRequest.self), body(RenewRequest.self), body(OpenStreamRequest.self),
]

private func body<Value: Codable>(_ type: Value.Type) -> @Sendable (Data) -> Void {
    { bytes in
        do throws(ErrorBody) {
            let value = try JSONBody.decode(type, bytes, optional: true)
            guard let first = try? WireJSON.encode(value), let again = try? JSONBody.decode(type, first), let second = try? WireJSON.encode(again)
            else { fatalError("\(type) can't be read back") }
            precondition(first == second)
        } catch {
            // One sentence, whatever was in the body.
            precondition(error.message.utf8.count < 4096 && !error.message.unicodeScalars.contains { $0.value < 0x20 }, error.message)
        }
    }
}

/// What is read by hand is what Foundation reads.
private func hot<Value: Codable & Equatable & JSONRead>(_ type: Value.Type) -> @Sendable (Data) -> Void {
    { bytes in
        if let value = Value(json: bytes) {
            guard let other = try? JSONBody.decode(type, bytes) else { fatalError("\(type) is read by hand alone") }
            precondition(value == other)
        }
        body(type)(bytes)
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: bytes, count: count)
    guard let kind = input.first else { return 0 }
    let body = Data(input.dropFirst())
    _ = JSONSyntax.problem(in: (try? JSONBody.checkDepth(body)) == nil ? Data() : body)
    readers[Int(kind &- 0x41) % readers.count](body)
    return 0
}
