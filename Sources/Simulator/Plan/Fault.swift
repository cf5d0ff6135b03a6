import AgentDecisions

/// Something that goes wrong, planned before the run begins, so that a run without it can be tried with all the rest alike.
package struct Fault: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// kill -9 of the agent, at the boundary of an effect that it carries out.
        case agentCrash(node: Int, afterEffects: Int)
        /// The machine loses power: VMMs are gone, and so is what was never synced to disk.
        case machineCrash(node: Int)
        case pause(Stopped, node: Int)
        /// kill -9 of the controller that serves, at a boundary of its writing.
        case controllerCrash(afterBoundaries: Int)
        case controllerPause
        /// Another controller takes over, and the old one runs on without knowing.
        case takeover
        case partition(from: Int, count: Int, Cut)
        case clientsCutOff(Cut)
        case badLink(node: Int, dropped: Int, repeated: Int, delay: Span)
        case storeSlow(by: Span)
        case storeFull
        /// Commits whose fate the controller is not told: done or not.
        case storeUnknown(isDone: Bool)
        case vmmDies(node: Int, pick: Int)
        /// It hears no signal but the last, and answers nothing.
        case vmmHangs(node: Int, pick: Int)
        /// Its control socket names another VM.
        case vmmLies(node: Int, pick: Int)
        case diskFull(node: Int)
        /// Every piece of work of one kind.
        case workFails(node: Int, InstanceWork)
        case wallClock(by: Span)
        /// A VM that nobody asked for.
        case stranger(node: Int)
        /// The durable record of an instance can't be read any more.
        case recordLost(node: Int, pick: Int)
    }

    package enum Stopped: String, Hashable, Sendable, CaseIterable { case agent, cages, guardian, machine }
    package enum Cut: String, Hashable, Sendable, CaseIterable { case up, down, both }

    package var at: Moment
    package var lasts: Span
    package var kind: Kind

    package init(at: Moment, lasts: Span, kind: Kind) {
        self.at = at
        self.lasts = lasts
        self.kind = kind
    }
}

extension Fault: CustomStringConvertible {
    package var description: String {
        let time = "\(at), for \(Int(lasts.inSeconds)) s"
        return switch kind {
        case .agentCrash(let node, let effects): "\(time): the agent of n\(node + 1) is killed after \(effects) more effects"
        case .machineCrash(let node): "\(time): n\(node + 1) loses power"
        case .pause(let stopped, let node): "\(time): \(stopped.rawValue) of n\(node + 1) stopped"
        case .controllerCrash(let boundaries): "\(time): the controller is killed after \(boundaries) more boundaries"
        case .controllerPause: "\(time): the controller is stopped"
        case .takeover: "\(time): another controller takes over"
        case .partition(let from, let count, let cut): "\(time): n\(from + 1)...n\(from + count) cut off (\(cut.rawValue))"
        case .clientsCutOff(let cut): "\(time): clients cut off (\(cut.rawValue))"
        case .badLink(let node, let dropped, let repeated, let delay):
            "\(time): n\(node + 1)'s link drops \(dropped) %, repeats \(repeated) %, delays up to \(delay.nanoseconds / 1_000_000) ms"
        case .storeSlow(let by): "\(time): the store takes up to \(by.nanoseconds / 1_000_000) ms"
        case .storeFull: "\(time): the store is full"
        case .storeUnknown(let isDone): "\(time): the store answers “unknown” and commits are \(isDone ? "" : "not ")done"
        case .vmmDies(let node, let pick): "\(time): VMM \(pick) of n\(node + 1) dies"
        case .vmmHangs(let node, let pick): "\(time): VMM \(pick) of n\(node + 1) hangs"
        case .vmmLies(let node, let pick): "\(time): VMM \(pick) of n\(node + 1) lies"
        case .diskFull(let node): "\(time): the disk of n\(node + 1) is full"
        case .workFails(let node, let work): "\(time): \(work.words) fails on n\(node + 1)"
        case .wallClock(let by): "\(time): the wall clock jumps by \(Int(by.inSeconds)) s"
        case .stranger(let node): "\(time): a VM that nobody asked for on n\(node + 1)"
        case .recordLost(let node, let pick): "\(time): record \(pick) of n\(node + 1) is lost"
        }
    }
}
