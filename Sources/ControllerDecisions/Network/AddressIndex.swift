import ClusterModel

/// Addresses of guests that are taken, by node: those of instances that are placed there, and those of what a node has still to take away.
struct AddressIndex: Sendable {
    /// With the number of their holders, since an instance and what is left of it may share one for a moment.
    private var taken: [NodeID: [IPv4Address: Int]] = [:]

    mutating func take(_ address: IPv4Address?, on node: NodeID?) {
        guard let address, let node else { return }
        taken[node, default: [:]][address, default: 0] += 1
    }

    mutating func free(_ address: IPv4Address?, on node: NodeID?) {
        guard let address, let node, let holders = taken[node]?[address] else { return }
        taken[node]?[address] = holders > 1 ? holders - 1 : nil
        if taken[node]?.isEmpty == true { taken[node] = nil }
    }

    mutating func take(_ placement: InstancePlacement?) { take(placement?.network?.address, on: placement?.node) }

    mutating func free(_ placement: InstancePlacement?) { free(placement?.network?.address, on: placement?.node) }

    func isTaken(_ address: IPv4Address, on node: NodeID) -> Bool { taken[node]?[address] != nil }

    /// Every address of the range is taken.
    func isFull(_ range: IPv4Range, on node: NodeID) -> Bool {
        guard let addresses = taken[node], addresses.count >= range.guests.count else { return false }
        return addresses.keys.count(where: range.holds) >= range.guests.count
    }

    /// A free address, the same for the same instance where nothing is in its way, so that one that was just given back is rarely given out again.
    func free(in range: IPv4Range, on node: NodeID, for instance: InstanceID) -> IPv4Address? {
        let count = UInt32(range.guests.count)
        let start = instance.description.utf8.reduce(UInt64(0)) { $0 &* 0x100_0000_01B3 ^ UInt64($1) }
        for offset in 0..<count {
            let address = IPv4Address(bits: range.guests.lowerBound + (UInt32(start % UInt64(count)) + offset) % count)
            if !isTaken(address, on: node) { return address }
        }
        return nil
    }
}

extension ClusterState {
    /// Nil where the node's guests have no addresses that anybody else reaches.
    func address(on node: NodeID, for instance: InstanceID) -> InstanceNetwork? {
        guard let range = nodes[node]?.value.facts.network?.range else { return nil }
        return addresses.free(in: range, on: node, for: instance).map { InstanceNetwork($0, in: range) }
    }

    /// A node of another range gives its instances addresses from it; a guest takes its own with its next start.
    mutating func readdress(_ node: Node, at now: Timestamp) {
        for record in instances(on: node.id) where !record.isQuarantined {
            guard let placement = record.instance.placement, !fits(placement.network, node) else { continue }
            let network = address(on: node.id, for: record.id)
            guard network != placement.network else { continue }
            var record = record
            record.instance.placement?.network = network
            record.instance.generation += 1
            record.desiredRevision = nextRevision
            put(record)
        }
    }

    private func fits(_ network: InstanceNetwork?, _ node: Node) -> Bool {
        guard let range = node.facts.network?.range, let network else { return false }
        return range.holds(network.address) && range.prefix == network.prefix
    }
}
