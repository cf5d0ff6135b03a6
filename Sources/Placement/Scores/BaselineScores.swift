import ClusterModel

/// Best fit by the L2 norm of what is left (Panigrahy et al., "Heuristics for Vector Bin Packing", 2011).
package struct BestFitL2Score: IndexedScore {
    package static let diskTie = DiskTie.lessFree
    private let request: ScoredRequest

    package init(_ request: ScoredRequest) { self.request = request }

    package func score(_ room: Amounts, standing: NodeStanding) -> Double { request.squaredNorm(room) }

    package func bound(_ box: RoomBox, standing: NodeStanding) -> Double {
        let cpu = request.cpuAfter(box.leastCPU)
        let memory = request.memoryAfter(box.leastMemory)
        return cpu * cpu + memory * memory
    }
}

/// The node with the greatest norm of what is left.
package struct WorstFitScore: PlacementScore {
    package static let diskTie = DiskTie.moreFree
    private let request: ScoredRequest

    package init(_ request: ScoredRequest) { self.request = request }
    package func score(_ room: Amounts, on node: NodeID, standing: NodeStanding) -> Double { -request.squaredNorm(room) }
}

/// The first node by name.
package struct FirstFitScore: PlacementScore {
    package static let diskTie = DiskTie.ignored

    package init(_ request: ScoredRequest) {}
    init() {}
    package func score(_ room: Amounts, on node: NodeID, standing: NodeStanding) -> Double { 0 }
}

/// Any node, but always the same for the same instance and nodes: a number in 0 ..< 1 mixed from both ids.
package struct RandomScore: PlacementScore {
    package static let diskTie = DiskTie.ignored
    private let seed: UInt64

    package init(_ request: ScoredRequest) { seed = Self.mix(IDWords(request.instance), seed: 0x2545_F491_4F6C_DD1D) }

    package func score(_ room: Amounts, on node: NodeID, standing: NodeStanding) -> Double {
        Double(Self.mix(IDWords(node), seed: seed) >> 11) * 0x1p-53
    }

    /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over both words.
    private static func mix(_ words: IDWords, seed: UInt64) -> UInt64 {
        var mixed = seed
        for word in [words.high, words.low] {
            mixed = (mixed ^ word) &+ 0x9E37_79B9_7F4A_7C15
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            mixed ^= mixed >> 31
        }
        return mixed
    }
}

extension ScoredRequest {
    fileprivate func squaredNorm(_ room: Amounts) -> Double {
        let cpu = cpuAfter(room.cpu)
        let memory = memoryAfter(room.memory)
        let disk = diskAfter(room.disk)
        return cpu * cpu + memory * memory + disk * disk
    }
}
