import ClusterModel

/// Which column of a CSV file says what.
package struct TraceColumns: Hashable, Sendable {
    package var id: String?
    package var vcpus: String
    package var memory: String
    package var start: String
    package var end: String

    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible { package let description: String }

    package init(id: String? = nil, vcpus: String = "vcpus", memory: String = "memory", start: String = "start", end: String = "end") {
        self.id = id
        self.vcpus = vcpus
        self.memory = memory
        self.start = start
        self.end = end
    }

    /// Reads "id=vmId,vcpus=cores,memory=ram,start=starttime,end=endtime"; what is not named has its own name.
    package init(_ text: String) throws(Invalid) {
        self.init()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, !pair[1].isEmpty else {
                throw Invalid(description: "“\(Printable(String(part), limit: 40))” names no column: write id=…,vcpus=…,memory=…,start=…,end=….")
            }
            switch pair[0] {
            case "id": id = pair[1]
            case "vcpus": vcpus = pair[1]
            case "memory": memory = pair[1]
            case "start": start = pair[1]
            case "end": end = pair[1]
            default:
                throw Invalid(description: "“\(Printable(pair[0], limit: 40))” is nothing that a trace has: known are id, vcpus, memory, start, end.")
            }
        }
    }
}
