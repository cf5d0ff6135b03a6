import ClusterModel

/// Whether a process that a record speaks of is still that instance's VMM. Each part alone has been wrong for somebody: a pid is used again,
/// a start time counts from another boot, a socket is another VM's.
package enum Adoption: Hashable, Sendable {
    case adopt
    /// The VMM of the record has ended; whatever has its pid now is no business of ours.
    case gone
    /// The process is the record's, but it can't be shown to run this instance: leave it alone and report it.
    case doubtful(String)

    /// What the VMM says of itself over QMP.
    package struct Answer: Hashable, Sendable {
        package var name: String?
        package var uuid: String
        package init(name: String?, uuid: String) {
            self.name = name
            self.uuid = uuid
        }
    }

    /// - Parameters:
    ///   - bootID: of the machine now.
    ///   - startTime: of the process that has the recorded pid now; nil where none has.
    ///   - answer: nil where the socket gave none.
    package static func judge(_ recorded: VMMProcess, bootID: String, startTime: UInt64?, answer: Answer?, instance: InstanceID) -> Self {
        guard recorded.bootID == bootID, let startTime, startTime == recorded.startTime else { return .gone }
        guard let answer else { return .doubtful("its VMM (pid \(recorded.pid)) does not answer on its control socket") }
        guard answer.uuid.lowercased() == instance.description, answer.name == instance.description else {
            return .doubtful("its control socket answers for another VM: \(Printable(answer.uuid, limit: 40))")
        }
        return .adopt
    }
}
