import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Placement

/// Placement steps as compact bytes: an explanation may have to read a million of them. Integers are little-endian.
///
///     version  UInt8 = 3 (1 and 2 are read too: they have no end, and 1 has no rules)
///     step     tag UInt8, revision Int64, then by tag
///       1, 2   allocated, released: instance and node as 16 bytes each, milliCPU, MiB, MiB as Int64,
///              devices UInt8 of (length UInt8, name, count Int64), groups UInt8 of (length UInt8, name),
///              rules UInt8 of (length UInt8, group, length UInt8, domain), the domain empty for the node itself,
///              end in milliseconds as Int64, the highest for none
///       3      node: length UInt32 and JSON of {before, after}
package enum StepCodec {
    private static let version: UInt8 = 3
    private static let firstWithRules: UInt8 = 2
    private static let firstWithEnd: UInt8 = 3
    private static let noEnd = Int64.max

    private struct NodeStep: Codable {
        var before: PlacementNode?
        var after: PlacementNode?
    }

    package static func encode(_ steps: [NumberedStep]) throws -> Data {
        var bytes = Data(capacity: 1 + steps.count * 96)
        bytes.append(version)
        for step in steps {
            switch step.step {
            case .allocated(let allocation):
                append(tag: 1, step.revision, to: &bytes)
                append(allocation, to: &bytes)
            case .released(let allocation):
                append(tag: 2, step.revision, to: &bytes)
                append(allocation, to: &bytes)
            case .node(let before, let after):
                append(tag: 3, step.revision, to: &bytes)
                let json = try JSONEncoder().encode(NodeStep(before: before, after: after))
                append(UInt32(json.count), to: &bytes)
                bytes.append(json)
            }
        }
        return bytes
    }

    private static func append(tag: UInt8, _ revision: Int64, to bytes: inout Data) {
        bytes.append(tag)
        append(revision, to: &bytes)
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout Data) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ allocation: Allocation, to bytes: inout Data) {
        withUnsafeBytes(of: allocation.instance.rawValue.uuid) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: allocation.node.rawValue.uuid) { bytes.append(contentsOf: $0) }
        append(allocation.resources.cpu.count, to: &bytes)
        append(allocation.resources.memory.count, to: &bytes)
        append(allocation.resources.disk.count, to: &bytes)
        // Both are bounded far below 255 where they come in.
        let devices = allocation.resources.devices.prefix(255)
        bytes.append(UInt8(devices.count))
        for device in devices {
            append(device.name, to: &bytes)
            append(device.count, to: &bytes)
        }
        let groups = allocation.groups.prefix(255)
        bytes.append(UInt8(groups.count))
        for group in groups { append(group, to: &bytes) }
        let rules = allocation.apart.prefix(255)
        bytes.append(UInt8(rules.count))
        for rule in rules {
            append(rule.group, to: &bytes)
            let domain = (rule.domain ?? "").utf8.prefix(255)
            bytes.append(UInt8(domain.count))
            bytes.append(contentsOf: domain)
        }
        append(allocation.expiresAt?.milliseconds ?? noEnd, to: &bytes)
    }

    private static func append(_ name: Name, to bytes: inout Data) {
        bytes.append(UInt8(name.text.utf8.count))
        bytes.append(contentsOf: name.text.utf8)
    }

    // MARK: Reading

    package static func decode(_ data: Data) throws(StoreError) -> [NumberedStep] {
        var reader = Reader(bytes: Array(data))
        let version = try reader.byte()
        guard (1...Self.version).contains(version) else { throw .damaged("placement steps of an unknown version") }
        reader.hasRules = version >= firstWithRules
        reader.hasEnd = version >= firstWithEnd
        var steps: [NumberedStep] = []
        while !reader.isAtEnd {
            let tag = try reader.byte()
            let revision: Int64 = try reader.integer()
            let step: PlacementStep
            switch tag {
            case 1: step = .allocated(try reader.allocation())
            case 2: step = .released(try reader.allocation())
            case 3:
                let length: UInt32 = try reader.integer()
                guard let node = try? JSONDecoder().decode(NodeStep.self, from: Data(try reader.take(Int(length)))) else {
                    throw .damaged("a placement step's node can't be read")
                }
                step = .node(before: node.before, after: node.after)
            default: throw .damaged("a placement step of an unknown kind")
            }
            steps.append(NumberedStep(revision: revision, step: step))
        }
        return steps
    }

    private struct Reader {
        let bytes: [UInt8]
        var hasRules = true
        var hasEnd = true
        private var place = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { place == bytes.count }

        mutating func take(_ count: Int) throws(StoreError) -> ArraySlice<UInt8> {
            guard count >= 0, count <= bytes.count - place else { throw .damaged("a placement step is cut short") }
            defer { place += count }
            return bytes[place..<place + count]
        }

        mutating func byte() throws(StoreError) -> UInt8 { try integer() }

        mutating func integer<Number: FixedWidthInteger>() throws(StoreError) -> Number {
            let slice = try take(Number.bitWidth / 8)
            return slice.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: Number.self)) }
        }

        mutating func uuid() throws(StoreError) -> UUID {
            try take(16).withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        }

        mutating func text() throws(StoreError) -> String { String(decoding: try take(Int(try byte())), as: UTF8.self) }

        mutating func name() throws(StoreError) -> Name {
            let text = try text()
            guard let name = try? Name(text) else { throw .damaged("a placement step holds what is no name") }
            return name
        }

        mutating func allocation() throws(StoreError) -> Allocation {
            let instance = InstanceID(try uuid())
            let node = NodeID(try uuid())
            let (cpu, memory, disk): (Int64, Int64, Int64) = (try integer(), try integer(), try integer())
            var devices: [Resources.DeviceCount] = []
            for _ in 0..<(try byte()) { devices.append(.init(name: try name(), count: try integer())) }
            var groups: [Name] = []
            for _ in 0..<(try byte()) { groups.append(try name()) }
            var apart: [Constraints.GroupRule] = []
            for _ in 0..<(hasRules ? try byte() : 0) {
                let group = try name()
                let domain = try text()
                apart.append(.init(group: group, domain: domain.isEmpty ? nil : domain))
            }
            let end: Int64 = hasEnd ? try integer() : noEnd
            return Allocation(
                instance: instance, node: node, resources: Resources(cpu: MilliCPU(cpu), memory: MiB(memory), disk: MiB(disk), devices: devices),
                groups: groups, apart: apart, expiresAt: end == noEnd ? nil : Timestamp(milliseconds: end))
        }
    }
}
