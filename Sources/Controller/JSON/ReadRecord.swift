import ClusterAPI
import ClusterModel
import ControllerDecisions

extension InstanceRecord: JSONRead {
    /// One that moves or migrates, or has more than its root disk, is rare and left to Foundation.
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var instance: Instance?
        var desiredRevision: Int64?
        var observed: ObservedInstance.State?
        var observedReboots: Int64?
        var operation: OperationID?
        var found: Bool?
        var adopted: Bool?
        var stopWithin: Milliseconds?
        var stoppedByDrain: Bool?
        var expiryWarned: Timestamp?
        var failedMigrations: Int64?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "instance": try json.value(into: &instance)
            case "desiredRevision": try json.value(into: &desiredRevision)
            case "observed": try json.put(try json.word(), into: &observed)
            case "observedReboots": try json.value(into: &observedReboots)
            case "operation": try json.value(into: &operation)
            case "found": try json.value(into: &found)
            case "adopted": try json.value(into: &adopted)
            case "stopWithin": try json.value(into: &stopWithin)
            case "stoppedByDrain": try json.value(into: &stoppedByDrain)
            case "expiryWarned": try json.value(into: &expiryWarned)
            case "failedMigrations": try json.value(into: &failedMigrations)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            instance: try json.required(instance), desiredRevision: try json.required(desiredRevision), operation: operation,
            found: try json.required(found))
        self.observed = observed
        self.observedReboots = try json.required(observedReboots)
        self.adopted = try json.required(adopted)
        self.stopWithin = stopWithin
        self.stoppedByDrain = stoppedByDrain ?? false
        self.expiryWarned = expiryWarned
        self.failedMigrations = Int(failedMigrations ?? 0)
    }
}
