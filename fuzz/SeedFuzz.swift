import ClusterModel
import FoundationEssentials

/// A seed of any user-data, vendor-data and keys: what is read back is what was given, and nothing gets into another file.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let parts = UnsafeBufferPointer(start: bytes, count: count).split(separator: 0xFF, maxSplits: 3, omittingEmptySubsequences: false).map {
        Data($0)
    }
    var content = InstanceSeed(userData: parts[0])
    if parts.count > 1 { content.vendorData = parts[1] }
    if parts.count > 2 { content.keys = parts[2].split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) } }
    guard let instance = seeded(), let image = try? Seed(instance: instance, network: GuestNetwork(of: instance.id), content: content).image()
    else {
        fatalError("a seed that can't be made")
    }
    let files = read(Array(image))
    var names = ["META-DATA.;1", "NETWORK-CONFIG.;1", "USER-DATA.;1"]
    if content.vendorData != nil { names.append("VENDOR-DATA.;1") }
    precondition(files.map(\.name) == names)
    precondition(files[2].content == Array(parts[0]))
    if parts.count > 1 { precondition(files[3].content == Array(parts[1])) }
    struct Meta: Decodable, Equatable {
        var id: String
        var host: String
        var keys: [String]?
        enum CodingKeys: String, CodingKey { case id = "instance-id", host = "local-hostname", keys = "public-keys" }
    }
    guard let meta = try? JSONDecoder().decode(Meta.self, from: Data(files[0].content)) else { fatalError("meta-data is no JSON") }
    precondition(meta == Meta(id: "\(instance.id)", host: "web", keys: content.keys.isEmpty ? nil : content.keys))
    return 0
}

/// The files of a volume in the order of its directory, each between those before and after it.
private func read(_ image: [UInt8]) -> [(name: String, content: [UInt8])] {
    func number(_ place: Int) -> Int { (0..<4).reduce(0) { $0 | Int(image[place + $1]) << (8 * $1) } }
    let volume = 16 * 2048
    precondition(number(volume + 80) * 2048 == image.count)
    var files: [(name: String, content: [UInt8])] = []
    var record = number(volume + 156 + 2) * 2048
    var end = record + 2048
    while image[record] != 0 {
        let length = Int(image[record + 32])
        if length > 1 {
            let start = number(record + 2) * 2048
            let size = number(record + 10)
            precondition(start >= end && start + size <= image.count)
            end = start + size
            files.append((String(decoding: image[record + 33..<record + 33 + length], as: UTF8.self), Array(image[start..<end])))
        }
        record += Int(image[record])
    }
    return files
}

private func seeded() -> DesiredInstance? {
    guard let name = try? Name("web"), let digest = Digest(hex: String(repeating: "a", count: 64)) else { return nil }
    return DesiredInstance(
        id: InstanceID(UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))), name: name, project: name, generation: 1,
        desired: .running, resources: .zero, image: ImageReference(name: name, digest: digest, format: .linux, bytes: 1), restart: .onFailure,
        reboots: 0, stopTimeout: Milliseconds(seconds: 5))
}
