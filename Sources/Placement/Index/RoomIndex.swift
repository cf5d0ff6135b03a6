/// Open nodes by free room. Each shelf is a grid of levels, CPU by memory; a cell of it holds bins; a bin holds the nodes with exactly
/// the same CPU and memory, in order of disk and name, so that thousands of equal nodes are looked at once.
struct RoomIndex: ~Copyable, Sendable {
    static let none: Int32 = -1

    struct Bin: BitwiseCopyable, Sendable {
        var cpu: Int64
        var memory: Int64
        var shelf: Int32
        /// Of the tree of its slots; `none` while the bin is vacant.
        var root: Int32
        /// In its cell.
        var next: Int32
        var previous: Int32
        /// With the same hash.
        var chained: Int32
    }

    private(set) var bins = Column<Bin>()
    private(set) var trees = RankTree()
    /// By shelf and CPU level: the row, and a bit for each level that has one.
    private(set) var rows = Column<Int32>()
    private(set) var rowBits = Column<UInt64>()
    /// By row and memory level: the first bin of the cell, and a bit for each cell that has one.
    private(set) var cells = Column<Int32>()
    private(set) var cellBits = Column<UInt64>()

    private var vacantBins = Column<Int32>()
    private var vacantRows = Column<Int32>()
    private var cellsInUse = Column<Int32>()
    private var chains = Column<Int32>(repeating: none, count: 64)
    private var binsInUse = 0
    /// By slot.
    private var binOf = Column<Int32>()

    func copy() -> RoomIndex {
        var copy = RoomIndex()
        copy.bins = bins.copy()
        copy.trees = trees.copy()
        copy.rows = rows.copy()
        copy.rowBits = rowBits.copy()
        copy.cells = cells.copy()
        copy.cellBits = cellBits.copy()
        copy.vacantBins = vacantBins.copy()
        copy.vacantRows = vacantRows.copy()
        copy.cellsInUse = cellsInUse.copy()
        copy.chains = chains.copy()
        copy.binsInUse = binsInUse
        copy.binOf = binOf.copy()
        return copy
    }

    mutating func insert(_ slot: Int32, shelf: Int32, room: Amounts, order: borrowing SlotOrder) {
        while binOf.count <= Int(slot) { binOf.append(Self.none) }
        trees.reserve(slots: binOf.count)
        if let bin = find(shelf, room) {
            bins[Int(bin)].root = trees.insert(slot, disk: room.disk, into: bins[Int(bin)].root, order: order)
            binOf[Int(slot)] = bin
        } else {
            binOf[Int(slot)] = makeBin(shelf, room, root: trees.single(slot, disk: room.disk))
        }
    }

    /// Nothing where it is not there.
    mutating func remove(_ slot: Int32, order: borrowing SlotOrder) {
        let bin = Int(slot) < binOf.count ? binOf[Int(slot)] : Self.none
        guard bin != Self.none else { return }
        binOf[Int(slot)] = Self.none
        bins[Int(bin)].root = trees.remove(slot, from: bins[Int(bin)].root, order: order)
        if bins[Int(bin)].root == Self.none { dropBin(bin) }
    }

    // MARK: Bins

    private func chain(_ shelf: Int32, cpu: Int64, memory: Int64) -> Int {
        var mixed = UInt64(bitPattern: cpu) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 32 ^ UInt64(bitPattern: memory) ^ UInt64(UInt32(bitPattern: shelf)) << 48) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 32) & (chains.count - 1)
    }

    private func find(_ shelf: Int32, _ room: Amounts) -> Int32? {
        var bin = chains[chain(shelf, cpu: room.cpu, memory: room.memory)]
        while bin != Self.none {
            if bins[Int(bin)].cpu == room.cpu, bins[Int(bin)].memory == room.memory, bins[Int(bin)].shelf == shelf { return bin }
            bin = bins[Int(bin)].chained
        }
        return nil
    }

    private mutating func makeBin(_ shelf: Int32, _ room: Amounts, root: Int32) -> Int32 {
        if binsInUse == chains.count { rehash() }
        binsInUse += 1
        let chain = chain(shelf, cpu: room.cpu, memory: room.memory)
        let cell = openCell(shelf, room)
        let new = Bin(
            cpu: room.cpu, memory: room.memory, shelf: shelf, root: root, next: cells[cell], previous: Self.none, chained: chains[chain])
        let bin = vacantBins.popLast() ?? Int32(bins.count)
        if Int(bin) == bins.count { bins.append(new) } else { bins[Int(bin)] = new }
        if new.next != Self.none { bins[Int(new.next)].previous = bin }
        cells[cell] = bin
        chains[chain] = bin
        return bin
    }

    private mutating func dropBin(_ bin: Int32) {
        binsInUse -= 1
        let old = bins[Int(bin)]
        let chain = chain(old.shelf, cpu: old.cpu, memory: old.memory)
        if chains[chain] == bin {
            chains[chain] = old.chained
        } else {
            var before = chains[chain]
            while bins[Int(before)].chained != bin { before = bins[Int(before)].chained }
            bins[Int(before)].chained = old.chained
        }
        if old.next != Self.none { bins[Int(old.next)].previous = old.previous }
        if old.previous != Self.none { bins[Int(old.previous)].next = old.next } else { setFirst(of: old, old.next) }
        vacantBins.append(bin)
    }

    private mutating func rehash() {
        chains = Column(repeating: Self.none, count: chains.count * 2)
        for bin in 0..<bins.count where bins[bin].root != Self.none {
            let chain = chain(bins[bin].shelf, cpu: bins[bin].cpu, memory: bins[bin].memory)
            bins[bin].chained = chains[chain]
            chains[chain] = Int32(bin)
        }
    }

    // MARK: Cells

    /// The cell for a room, with its bits set; the caller puts a bin into it.
    private mutating func openCell(_ shelf: Int32, _ room: Amounts) -> Int {
        while rows.count < (Int(shelf) + 1) * RoomLevel.count {
            rows.append(Self.none, times: RoomLevel.count)
            rowBits.append(0, times: RoomLevel.words)
        }
        let cpu = RoomLevel.of(room.cpu)
        let memory = RoomLevel.of(room.memory)
        let place = Int(shelf) * RoomLevel.count + cpu
        if rows[place] == Self.none {
            rows[place] = makeRow()
            rowBits[Int(shelf) * RoomLevel.words + cpu >> 6] |= 1 << UInt64(cpu & 63)
        }
        let row = Int(rows[place])
        let cell = row * RoomLevel.count + memory
        if cells[cell] == Self.none {
            cellBits[row * RoomLevel.words + memory >> 6] |= 1 << UInt64(memory & 63)
            cellsInUse[row] += 1
        }
        return cell
    }

    private mutating func setFirst(of old: Bin, _ bin: Int32) {
        let shelf = old.shelf
        let cpu = RoomLevel.of(old.cpu)
        let memory = RoomLevel.of(old.memory)
        let row = Int(rows[Int(shelf) * RoomLevel.count + cpu])
        cells[row * RoomLevel.count + memory] = bin
        guard bin == Self.none else { return }
        cellBits[row * RoomLevel.words + memory >> 6] &= ~(1 << UInt64(memory & 63))
        cellsInUse[row] -= 1
        guard cellsInUse[row] == 0 else { return }
        rows[Int(shelf) * RoomLevel.count + cpu] = Self.none
        rowBits[Int(shelf) * RoomLevel.words + cpu >> 6] &= ~(1 << UInt64(cpu & 63))
        vacantRows.append(Int32(row))
    }

    private mutating func makeRow() -> Int32 {
        if let row = vacantRows.popLast() { return row }
        cells.append(Self.none, times: RoomLevel.count)
        cellBits.append(0, times: RoomLevel.words)
        cellsInUse.append(0)
        return Int32(cellsInUse.count - 1)
    }
}
