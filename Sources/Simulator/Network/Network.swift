import ClusterModel

/// The links between the controllers and everybody else: a link per node, and one for the clients.
struct Network {
    enum Direction { case up, down }

    struct Link {
        /// How many partitions cut it; more than one may at a time.
        var cutUp = 0
        var cutDown = 0
        var dropped = 0
        var repeated = 0
        /// Messages take up to this much longer, each by itself, so that they overtake each other.
        var delay = Span.zero
    }

    var links: [Link]
    private var chance: SeededGenerator
    private var sent = 0

    init(links: Int, seed: UInt64) {
        self.links = Array(repeating: Link(), count: links)
        chance = SeededGenerator(seed: seed, stream: 1)
    }

    mutating func number() -> Int {
        sent += 1
        return sent
    }

    /// After how long it arrives: never, once or twice.
    mutating func fate(on link: Int, _ direction: Direction) -> (first: Span?, second: Span?) {
        let state = links[link]
        guard (direction == .up ? state.cutUp : state.cutDown) == 0 else { return (nil, nil) }
        if state.dropped > 0, chance.chance(state.dropped) { return (nil, nil) }
        let first = way(state)
        guard state.repeated > 0, chance.chance(state.repeated) else { return (first, nil) }
        return (first, way(state) + .milliseconds(chance.below(5000)))
    }

    private mutating func way(_ link: Link) -> Span {
        let usual = Span(nanoseconds: 200_000 + Int64(chance.below(2_000_000)))
        guard link.delay > .zero else { return usual }
        return usual + Span(nanoseconds: Int64(chance.below(Int(link.delay.nanoseconds))))
    }

    mutating func calm() {
        for index in links.indices { links[index] = Link() }
    }
}
