/// The arrivals and departures of a trace that fit the node, in the order in which they happen: at one moment departures come first.
struct ReplayTimeline {
    struct Event {
        let time: Double
        let arrives: Bool
        let vm: Int32
    }

    let vms: [Trace.VM]
    let events: [Event]
    let skipped: Int
    let window: ClosedRange<Double>
    /// The most nodes that the sum of all VMs at one moment asks for.
    let lowerBound: Int
    /// The same over time: in nodes times the trace's unit of time.
    let boundTime: Double

    init(_ trace: Trace, node: ReplayNode) {
        window = trace.window
        vms = trace.vms.filter(node.holds)
        skipped = trace.vms.count - vms.count
        var events: [(event: Event, order: Int)] = []
        for (index, vm) in vms.enumerated() {
            let begin = max(window.lowerBound, vm.start)
            // Gone before the window, or there for no time at all.
            guard vm.end > begin else { continue }
            events.append((Event(time: begin, arrives: true, vm: Int32(index)), index))
            if vm.end <= window.upperBound { events.append((Event(time: vm.end, arrives: false, vm: Int32(index)), index)) }
        }
        events.sort { left, right in
            if left.event.time != right.event.time { return left.event.time < right.event.time }
            if left.event.arrives != right.event.arrives { return right.event.arrives }
            return left.order < right.order
        }
        self.events = events.map(\.event)
        var demand = ReplayDemand(node: node)
        var boundTime = 0.0
        var highest = 0
        var last = window.lowerBound
        for event in self.events {
            boundTime += Double(demand.bound) * (event.time - last)
            last = event.time
            demand.change(vms[Int(event.vm)], by: event.arrives ? 1 : -1)
            highest = max(highest, demand.bound)
        }
        boundTime += Double(demand.bound) * (window.upperBound - last)
        lowerBound = highest
        self.boundTime = boundTime
    }
}

/// What is asked for at a moment.
struct ReplayDemand {
    let node: ReplayNode
    private(set) var cpu: Int64 = 0
    private(set) var memory: Int64 = 0

    init(node: ReplayNode) { self.node = node }

    mutating func change(_ vm: Trace.VM, by sign: Int64) {
        cpu += sign * vm.cpu
        memory += sign * vm.memory
    }

    /// The volume bound in whole nodes.
    var bound: Int { Int(max((cpu + node.cpu - 1) / node.cpu, (memory + node.memory - 1) / node.memory)) }
}
