import ClusterModel

/// One run, whole: with the same settings it is the same run.
package struct SimulationSettings: Sendable {
    package var seed: UInt64
    package var shape: ClusterShape
    package var instances: Int
    /// Chaos and calm together.
    package var length: Span
    package var planted: PlantedFault?
    package var isTracing = false
    /// Instead of launches and faults by chance.
    var loss: ClusterLoss?

    package init(seed: UInt64, shape: ClusterShape, instances: Int, length: Span, planted: PlantedFault? = nil) {
        self.seed = seed
        self.shape = shape
        self.instances = instances
        self.length = length
        self.planted = planted
    }

    /// The last part, in which nothing new goes wrong and everything must come to rest.
    package var calm: Span { max(.seconds(420), Span(nanoseconds: length.nanoseconds / 5)) }
}

/// The machines of a simulated cluster.
package struct ClusterShape: Sendable {
    package struct Machine: Sendable {
        package var registration: NodeRegistration
        package var cordoned: Bool
        package init(registration: NodeRegistration, cordoned: Bool = false) {
            self.registration = registration
            self.cordoned = cordoned
        }
    }

    package var machines: [Machine]
    package var policy: PlacementPolicy
    package init(machines: [Machine], policy: PlacementPolicy = .pack) {
        self.machines = machines
        self.policy = policy
    }

    /// Equal machines in four racks, with room for about half as many instances again as there shall be.
    package static func even(nodes: Int, instances: Int) -> ClusterShape {
        let share = Int64((instances * 3 / 2 + nodes - 1) / max(1, nodes) + 1)
        let machines = (0..<nodes).compactMap { index -> Machine? in
            guard let name = try? Name("n\(index + 1)"), let rack = try? Label(key: "rack", value: "r\(index % 4 + 1)") else { return nil }
            return Machine(
                registration: NodeRegistration(
                    name: name, labels: Labels([rack]), taints: [],
                    facts: NodeFacts(
                        architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "1", kernel: "6", traits: [],
                        overhead: MiB(16)),
                    capacity: Capacity(
                        total: Resources(cpu: MilliCPU(vcpus: share), memory: MiB(share * 144), disk: MiB(share * 1024)))))
        }
        return ClusterShape(machines: machines)
    }
}
