/// One walk along the shelves of the index that a request can use. Rows and cells whose bound is worse than the best node so far are passed over.
struct IndexWalk {
    /// The nodes among which the best is looked for.
    enum Meant {
        /// Those with at most so many unfulfilled wishes, found out for each.
        case checking(level: Int)
        /// Each of which leaves so many wishes unfulfilled.
        case within(SlotMask, wishes: Int)
    }

    private let meant: Meant
    /// How many nodes may be refused one by one.
    private var budget: Int
    var best: Candidate?
    private(set) var gaveUp = false

    init(_ meant: Meant, budget: Int) {
        self.meant = meant
        self.budget = budget
    }

    private var wishes: Int {
        switch meant {
        case .checking(let level): level
        case .within(_, let wishes): wishes
        }
    }

    mutating func run<Score: IndexedScore>(_ engine: borrowing PlacementState, _ request: CompiledRequest, _ score: Score, holdersOnly: Bool) {
        for shelf in request.costs.indices {
            let cost = Int(request.costs[shelf])
            guard cost >= 0, cost <= wishes, !gaveUp else { continue }
            walk(shelf, engine, request, score, holdersOnly: holdersOnly)
        }
    }

    private mutating func walk<Score: IndexedScore>(
        _ shelf: Int, _ engine: borrowing PlacementState, _ request: CompiledRequest, _ score: Score, holdersOnly: Bool
    ) {
        let firstCPU = RoomLevel.of(request.need.cpu)
        let firstMemory = RoomLevel.of(request.need.memory)
        let standing = engine.shelves.standings[shelf]
        let base = shelf * RoomLevel.words
        guard base < engine.index.rowBits.count else { return }
        var rest = RoomBox(
            leastCPU: RoomLevel.least(of: firstCPU), mostCPU: RoomLevel.highest, leastMemory: RoomLevel.least(of: firstMemory),
            mostMemory: RoomLevel.highest)
        var cpu =
            (Score.diskTie == .moreFree) ? engine.index.rowBits.lastBit(base, notBelow: firstCPU) : engine.index.rowBits.nextBit(base, from: firstCPU)
        while let level = cpu, !gaveUp {
            let least = RoomLevel.least(of: level)
            let most = RoomLevel.most(of: level)
            if Score.diskTie == .moreFree { rest.mostCPU = most } else { rest.leastCPU = least }
            if let best, score.bound(rest, standing: standing) > best.score { return }
            let row = Int(engine.index.rows[shelf * RoomLevel.count + level])
            walkRow(row, least...most, firstMemory, engine, request, score, standing: standing, holdersOnly: holdersOnly)
            cpu =
                (Score.diskTie == .moreFree)
                ? engine.index.rowBits.lastBit(base, notBelow: firstCPU, before: level) : engine.index.rowBits.nextBit(base, from: level + 1)
        }
    }

    private mutating func walkRow<Score: IndexedScore>(
        _ row: Int, _ cpu: ClosedRange<Int64>, _ firstMemory: Int, _ engine: borrowing PlacementState, _ request: CompiledRequest, _ score: Score,
        standing: NodeStanding, holdersOnly: Bool
    ) {
        let base = row * RoomLevel.words
        guard let first = engine.index.cellBits.nextBit(base, from: firstMemory),
            let last = engine.index.cellBits.lastBit(base, notBelow: firstMemory)
        else { return }
        var box = RoomBox(
            leastCPU: cpu.lowerBound, mostCPU: cpu.upperBound, leastMemory: RoomLevel.least(of: first), mostMemory: RoomLevel.most(of: last))
        if first != last, let best, score.bound(box, standing: standing) > best.score { return }
        var memory: Int? = (Score.diskTie == .moreFree) ? last : first
        while let level = memory, !gaveUp {
            box.leastMemory = RoomLevel.least(of: level)
            box.mostMemory = RoomLevel.most(of: level)
            if let best, score.bound(box, standing: standing) > best.score {
                // The rest of the row as a whole, since bounds need not rise along it.
                if Score.diskTie == .moreFree { box.leastMemory = RoomLevel.least(of: first) } else { box.mostMemory = RoomLevel.most(of: last) }
                if score.bound(box, standing: standing) > best.score { return }
            } else {
                look(into: row * RoomLevel.count + level, engine, request, score, standing: standing, holdersOnly: holdersOnly)
            }
            memory =
                (Score.diskTie == .moreFree)
                ? engine.index.cellBits.lastBit(base, notBelow: firstMemory, before: level) : engine.index.cellBits.nextBit(base, from: level + 1)
        }
    }

    private mutating func look<Score: IndexedScore>(
        into cell: Int, _ engine: borrowing PlacementState, _ request: CompiledRequest, _ score: Score, standing: NodeStanding, holdersOnly: Bool
    ) {
        var next = engine.index.cells[cell]
        while next != RoomIndex.none {
            let bin = engine.index.bins[Int(next)]
            next = bin.next
            guard bin.cpu >= request.need.cpu || request.need.cpu <= 0, bin.memory >= request.need.memory else { continue }
            let box = RoomBox(leastCPU: bin.cpu, mostCPU: bin.cpu, leastMemory: bin.memory, mostMemory: bin.memory)
            if let best, score.bound(box, standing: standing) > best.score { continue }
            guard let slot = first(in: bin, engine, request, Score.diskTie, holdersOnly: holdersOnly) else {
                if gaveUp { return }
                continue
            }
            let disk = engine.index.trees.disk(of: slot)
            let value = score.score(Amounts(cpu: bin.cpu, memory: bin.memory, disk: disk), standing: standing)
            let candidate = Candidate(slot: slot, wishes: wishes, score: value, disk: disk)
            if engine.isBetter(candidate, than: best, Score.diskTie) { best = candidate }
        }
    }

    /// The best node of the bin that the request can use at this level.
    private mutating func first(
        in bin: RoomIndex.Bin, _ engine: borrowing PlacementState, _ request: CompiledRequest, _ tie: DiskTie, holdersOnly: Bool
    ) -> Int32? {
        let disk = request.need.disk > 0 ? request.need.disk : .min
        var left = budget
        func isMeant(_ slot: Int32) -> Bool {
            switch meant {
            case .checking(let level):
                if request.isPlain { return true }
                let allowance = level - Int(request.costs[Int(bin.shelf)])
                return engine.wishes(request, on: slot).map { $0 <= allowance } ?? false
            case .within(let nodes, _): return nodes.contains(slot) && engine.holdsDevices(request, on: slot)
            }
        }
        func matches(_ slot: Int32) -> Bool {
            if left < 0 || (isMeant(slot) && (!holdersOnly || engine.holdsImage(request, slot))) { return true }
            left -= 1
            return false
        }
        let found =
            tie == .moreFree
            ? engine.index.trees.roomiest(of: bin.root, disk: disk, where: matches)
            : engine.index.trees.first(of: bin.root, disk: disk, where: matches)
        budget = left
        gaveUp = left < 0
        return gaveUp ? nil : found
    }
}

extension Column where Element == UInt64 {
    /// The first set bit at or after `level`, in the bit set of `RoomLevel.words` words from `base` on.
    fileprivate func nextBit(_ base: Int, from level: Int) -> Int? {
        guard level < RoomLevel.count else { return nil }
        var word = level >> 6
        var rest = self[base + word] & (UInt64.max << UInt64(level & 63))
        while rest == 0 {
            word += 1
            guard word < RoomLevel.words else { return nil }
            rest = self[base + word]
        }
        return word << 6 | rest.trailingZeroBitCount
    }

    /// The last set bit below `end` that is not below `start`.
    fileprivate func lastBit(_ base: Int, notBelow start: Int, before end: Int = RoomLevel.count) -> Int? {
        guard end > start else { return nil }
        var word = (end - 1) >> 6
        var rest = self[base + word] & (UInt64.max >> UInt64(63 - (end - 1) & 63))
        while rest == 0 {
            word -= 1
            guard word >= start >> 6 else { return nil }
            rest = self[base + word]
        }
        let found = word << 6 | (63 - rest.leadingZeroBitCount)
        return found < start ? nil : found
    }
}
