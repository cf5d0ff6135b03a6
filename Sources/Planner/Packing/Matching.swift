/// Maximum matching in a general graph by Edmonds' blossom algorithm, cubic in the vertices.
enum Matching {
    static func size(_ neighbours: [[Int]]) -> Int {
        var search = BlossomSearch(neighbours: neighbours)
        return neighbours.indices.reduce(0) { found, vertex in
            found + (search.mate[vertex] < 0 && search.augment(from: vertex) ? 1 : 0)
        }
    }
}

private struct BlossomSearch {
    let neighbours: [[Int]]
    var mate: [Int]
    private var parent: [Int]
    private var base: [Int]
    private var inTree: [Bool]
    private var inBlossom: [Bool]

    init(neighbours: [[Int]]) {
        self.neighbours = neighbours
        mate = Array(repeating: -1, count: neighbours.count)
        parent = mate
        base = mate
        inTree = Array(repeating: false, count: neighbours.count)
        inBlossom = inTree
    }

    mutating func augment(from root: Int) -> Bool {
        for vertex in neighbours.indices {
            parent[vertex] = -1
            base[vertex] = vertex
            inTree[vertex] = false
        }
        inTree[root] = true
        var queue = [root]
        var head = 0
        while head < queue.count {
            let vertex = queue[head]
            head += 1
            for other in neighbours[vertex] where base[vertex] != base[other] && mate[vertex] != other {
                if other == root || (mate[other] >= 0 && parent[mate[other]] >= 0) {
                    contract(vertex, other, queue: &queue)
                } else if parent[other] < 0 {
                    parent[other] = vertex
                    if mate[other] < 0 {
                        flip(to: other)
                        return true
                    }
                    inTree[mate[other]] = true
                    queue.append(mate[other])
                }
            }
        }
        return false
    }

    private mutating func flip(to end: Int) {
        var vertex = end
        while vertex >= 0 {
            let before = parent[vertex]
            let next = mate[before]
            mate[vertex] = before
            mate[before] = vertex
            vertex = next
        }
    }

    private mutating func contract(_ a: Int, _ b: Int, queue: inout [Int]) {
        let top = commonBase(a, b)
        for vertex in inBlossom.indices { inBlossom[vertex] = false }
        markPath(from: a, to: top, child: b)
        markPath(from: b, to: top, child: a)
        for vertex in neighbours.indices where inBlossom[base[vertex]] {
            base[vertex] = top
            if !inTree[vertex] {
                inTree[vertex] = true
                queue.append(vertex)
            }
        }
    }

    private func commonBase(_ a: Int, _ b: Int) -> Int {
        var seen = Set<Int>()
        var vertex = a
        while true {
            vertex = base[vertex]
            seen.insert(vertex)
            guard mate[vertex] >= 0 else { break }
            vertex = parent[mate[vertex]]
        }
        vertex = b
        while true {
            vertex = base[vertex]
            if seen.contains(vertex) { return vertex }
            vertex = parent[mate[vertex]]
        }
    }

    private mutating func markPath(from start: Int, to top: Int, child: Int) {
        var vertex = start
        var child = child
        while base[vertex] != top {
            inBlossom[base[vertex]] = true
            inBlossom[base[mate[vertex]]] = true
            parent[vertex] = child
            child = mate[vertex]
            vertex = parent[mate[vertex]]
        }
    }
}
