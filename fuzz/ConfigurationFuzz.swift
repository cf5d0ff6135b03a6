import Agent
import Controller
import FoundationEssentials
import Planner
import StrictYAML

/// A configuration file is read or refused in one sentence that begins with its name.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let text = String(validating: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self) else { return 0 }
    for kind in 0..<3 {
        guard let sentence = refusal(of: text, kind) else { continue }
        precondition(sentence.hasPrefix("file.yaml") && sentence.utf8.count < 8192 && !sentence.unicodeScalars.contains { $0.value < 0x20 }, sentence)
    }
    return 0
}

private func refusal(of text: String, _ kind: Int) -> String? {
    do {
        switch kind {
        case 0: _ = try ControllerConfiguration(text: text, file: "file.yaml")
        case 1: _ = try AgentConfiguration(text: text, file: "file.yaml")
        default: _ = try ClusterFile(text: text, file: "file.yaml")
        }
        return nil
    } catch { return "\(error)" }
}
