import ClusterModel
import ControllerDecisions
import StrictYAML

/// A command that turns a machine off for good: through its BMC, a power switch, a hypervisor. It is given the node's name, and only its exit code 0
/// is a proof.
package struct FenceConfiguration: Hashable, Sendable {
    package var command: String
    package var timeout: Milliseconds
    package var moment: FenceMoment

    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let fields = try value.mapping(keys: ["command", "timeout", "at"])
        let command = try fields.required("command")
        self.command = try command.string()
        guard self.command.hasPrefix("/"), !self.command.utf8.contains(0) else {
            throw command.error("the absolute path of an executable is expected")
        }
        timeout = try fields["timeout"]?.time() ?? Milliseconds(seconds: 30)
        if let value = fields["timeout"], !(Milliseconds(100)...Milliseconds(seconds: 600)).contains(timeout) {
            throw value.error("\(timeout) is out of range: 100ms to 10m is allowed")
        }
        moment = try fields["at"]?.word(FenceMoment.self) ?? .lost
    }
}
