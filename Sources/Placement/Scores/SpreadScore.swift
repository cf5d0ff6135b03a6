/// Puts instances where the most room is left, counted in mean nodes of the resource that would be scarcest there.
package struct SpreadScore: IndexedScore {
    package static let diskTie = DiskTie.moreFree
    private let request: ScoredRequest

    package init(_ request: ScoredRequest) { self.request = request }

    package func score(_ room: Amounts, standing: NodeStanding) -> Double {
        let left = min(request.cpuAfter(room.cpu), request.memoryAfter(room.memory))
        return -(request.need.disk > 0 ? min(left, request.diskAfter(room.disk)) : left)
    }

    package func bound(_ box: RoomBox, standing: NodeStanding) -> Double { -min(request.cpuAfter(box.mostCPU), request.memoryAfter(box.mostMemory)) }
}
