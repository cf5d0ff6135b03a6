import ClusterModel

/// An answer of the planner, shown as tables beside its JSON.
package protocol PlanningAnswer: Encodable {
    var tables: [AnswerTable] { get }
    /// SVG pictures for the page, with a title each.
    var plots: [(title: String, svg: String)] { get }
}

extension PlanningAnswer {
    package var plots: [(title: String, svg: String)] { [] }
}

extension PackingPlan: PlanningAnswer {
    package var tables: [AnswerTable] {
        var table = AnswerTable("Packing", [.number("lower bound"), .number("nodes"), .text("proven optimal"), .number("steps")])
        table.add("\(lowerBound)", "\(nodes)", provenOptimal ? "yes" : interrupted ? "no, stopped early" : "no", "\(steps)")
        return [table]
    }
}

/// Several policies over one trace.
package struct ReplayComparison: PlanningAnswer {
    package let replays: [Replay]
    package init(_ replays: [Replay]) { self.replays = replays }

    /// One replay is one object, several are a list.
    package func encode(to encoder: any Encoder) throws {
        if let only = replays.first, replays.count == 1 { try only.encode(to: encoder) } else { try replays.encode(to: encoder) }
    }

    package var tables: [AnswerTable] {
        var table = AnswerTable(
            "Replay",
            [
                .text("policy"), .number("arrivals"), .number("skipped"), .number("refused"), .number("bound nodes"), .number("fewest nodes"),
                .number("fewest/bound"), .number("node-hours/bound"),
            ])
        for replay in replays {
            let ratio = replay.fewestNodes.map { (Double($0) / Double(max(1, replay.lowerBoundNodes))).ratioText }
            table.add(
                replay.policy.rawValue, "\(replay.arrivals)", "\(replay.skipped)", "\(replay.refused)", "\(replay.lowerBoundNodes)",
                replay.fewestNodes.map(String.init) ?? "-", ratio ?? "-", replay.nodeHoursRatio?.ratioText ?? "-")
        }
        return [table]
    }

    package var plots: [(title: String, svg: String)] { replays.compactMap { ReplayPlot.plot($0).map { ($0.title, $0.svg) } } }
}

extension RebalancePlan: PlanningAnswer {
    package var tables: [AnswerTable] {
        var summary = AnswerTable(
            "Rebalance",
            [
                .text("goal"), .number("moves"), .number("moved GiB"), .number("nodes before"), .number("nodes after"), .number("bound"),
                .number("highest load before"), .number("highest load after"),
            ])
        summary.add(
            goal.rawValue, "\(moves.count)", movedMemory.gibText, "\(nodesInUseBefore)", "\(nodesInUseAfter)", "\(lowerBoundNodes)",
            highestLoadBefore.percentText, highestLoadAfter.percentText)
        var steps = AnswerTable("Moves, in their order", [.number("step"), .text("instance"), .text("from"), .text("to"), .number("GiB")])
        for (step, move) in moves.enumerated() { steps.add("\(step + 1)", move.name.text, move.from.text, move.to.text, move.memory.gibText) }
        return [summary, steps]
    }
}

extension CapacityReport: PlanningAnswer {
    package var tables: [AnswerTable] {
        var table = AnswerTable(
            "Capacity",
            [
                .text("level"), .text("name"), .number("nodes"), .number("instances"), .number("cpu"), .number("used"), .number("free"),
                .number("stranded"), .number("memory GiB"), .number("used"), .number("free"), .number("stranded"), .number("disk GiB"),
                .number("free"), .number("stranded"),
            ])
        for row in rows {
            table.add(
                row.level, row.name, "\(row.nodes)", "\(row.instances)", "\(row.allocatable.cpu)", "\(row.allocated.cpu)", "\(row.free.cpu)",
                "\(row.stranded.cpu)", row.allocatable.memory.gibText, row.allocated.memory.gibText, row.free.memory.gibText,
                row.stranded.memory.gibText, row.allocatable.disk.gibText, row.free.disk.gibText, row.stranded.disk.gibText)
        }
        return [table]
    }

    package var plots: [(title: String, svg: String)] {
        let nodes = rows.filter { $0.level == "node" }
        return [("How full each node is", NodeMapPlot.svg(nodes)), ("Free against stranded", StrandedPlot.svg(rows))]
    }
}

extension CapacityFit: PlanningAnswer {
    package var tables: [AnswerTable] {
        var table = AnswerTable("Room for more", [.text("size"), .number("fit"), .number("on nodes"), .text("ended by"), .number("on nodes")])
        for answer in answers {
            table.add(answer.size.text, "\(answer.count)", "\(answer.nodes)", answer.limitedBy ?? "-", "\(answer.nodesLimited)")
        }
        guard let mix else { return [table] }
        var sets = AnswerTable("The mix", [.number("sets that fit")])
        sets.add("\(mix)")
        return [table, sets]
    }
}

extension CapacitySurvival: PlanningAnswer {
    package var tables: [AnswerTable] {
        var table = AnswerTable("Losing nodes", [.number("nodes that may be lost"), .text("broken by losing"), .text("no room for"), .text("why")])
        table.add(
            "\(survivableNodes)", breakingNodes.map { Self.list($0) } ?? "nothing that was tried", unplaceable.isEmpty ? "-" : Self.list(unplaceable),
            why ?? "-")
        return [table]
    }

    private static func list(_ names: [Name]) -> String {
        names.prefix(8).map(\.text).joined(separator: " ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
    }
}

extension WhatIf: PlanningAnswer {
    package var tables: [AnswerTable] {
        var summary = AnswerTable(
            "What if",
            [
                .text(""), .number("nodes"), .number("in use"), .number("cpu free"), .number("memory free GiB"), .number("disk free GiB"),
            ])
        summary.add("before", "\(nodesBefore)", "\(nodesInUseBefore)", "\(freeBefore.cpu)", freeBefore.memory.gibText, freeBefore.disk.gibText)
        summary.add("after", "\(nodesAfter)", "\(nodesInUseAfter)", "\(freeAfter.cpu)", freeAfter.memory.gibText, freeAfter.disk.gibText)
        var moved = AnswerTable("What moves", [.text("instance"), .text("from"), .text("to")])
        for move in moves { moved.add(move.instance.text, move.from?.text ?? "(new)", move.to.text) }
        var failed = AnswerTable("What fails", [.text("instance"), .text("from"), .text("why")])
        for failure in failures {
            let reasons = failure.why.counts.map { "\($0.nodes) of \(failure.why.nodes): \($0.reason)" }.joined(separator: ", ")
            failed.add(
                failure.instance.text, failure.from?.text ?? "(new)", failure.why.nearestMiss ?? (reasons.isEmpty ? "there is no node" : reasons))
        }
        return [summary] + (moves.isEmpty ? [] : [moved]) + (failures.isEmpty ? [] : [failed])
    }
}
