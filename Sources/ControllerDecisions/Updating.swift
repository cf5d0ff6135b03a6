import ClusterModel
import Placement

/// What can be changed of an instance without its node.
extension ClusterState {
    mutating func update(_ key: InstanceKey, _ change: Command.Update, at now: Timestamp) throws(ErrorBody) -> Answer {
        var record = try changeable(key)
        let before = record.instance
        if let name = change.name, name != record.instance.name {
            let project = record.instance.project
            guard instanceNames[ProjectName(project: project, name: name)] == nil else {
                throw .conflict("An instance “\(name)” exists already in project “\(project)”; choose another name.")
            }
            record.instance.name = name
        }
        if change.setLabels != nil || !change.removeLabels.isEmpty {
            var labels = record.instance.spec.labels.all.filter { label in
                !change.removeLabels.contains(label.key) && change.setLabels?[label.key] == nil
            }
            labels += change.setLabels?.all ?? []
            try LaunchCheck.labels(labels.count)
            record.instance.spec.labels = Labels(labels)
        }
        if let protected = change.protected { record.instance.spec.protected = protected }
        switch change.expiry {
        case nil: break
        case .never: record.instance.spec.expiresAt = nil
        case .after(let time): record.instance.spec.expiresAt = try LaunchCheck.moment(after: time, now)
        }
        try LaunchCheck.keeping(record.instance.spec)
        guard record.instance != before else { return .instance(before, nil) }
        record.expiryWarned = nil
        noteEnd(of: record)
        put(record)
        let renamed = before.name == record.instance.name ? "" : ", and was “\(before.name)” before"
        note(
            .info, "InstanceUpdated", .instance(record.id, name: record.instance.name), "Instance “\(record.instance.name)” was updated\(renamed).",
            at: now)
        return .instance(record.instance, nil)
    }

    /// What is placed later goes by the end that it has from here on; its own decision stays explained by the one that it had.
    private mutating func noteEnd(of record: InstanceRecord) {
        guard let held = engine.allocation(of: record.id), held.expiresAt != record.instance.spec.expiresAt else { return }
        var changed = held
        changed.expiresAt = record.instance.spec.expiresAt
        step(.released(held))
        step(.allocated(changed))
    }

    static let expiryWarning = Milliseconds(seconds: 600)

    /// Instances of which the time is over, or of which that is to be told soon, in the order of their ids; each is a matter of `expire`.
    package func expiries(at now: Timestamp) -> [InstanceID] {
        expiring.filter { id, at in at <= now || (at <= now.advanced(by: Self.expiryWarning) && instances[id]?.value.expiryWarned != at) }
            .map(\.key).sorted()
    }

    /// Warns once, ten minutes before; then deletes. What is being deleted is left alone.
    mutating func expire(_ id: InstanceID, operation: OperationID, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard var record = instances[id]?.value, let end = expiring[id] else { return .done }
        let subject = Event.Subject.instance(id, name: record.instance.name)
        guard end <= now else {
            guard end <= now.advanced(by: Self.expiryWarning), record.expiryWarned != end else { return .done }
            record.expiryWarned = end
            put(record)
            note(
                .warning, "InstanceExpiring", subject,
                "Instance “\(record.instance.name)” expires at \(end) and is deleted then; "
                    + "“berth instance update \(record.instance.name) --expires-in 8h” keeps it.", at: now)
            return .done
        }
        note(.warning, "InstanceExpired", subject, "Instance “\(record.instance.name)” has expired and is deleted.", at: now)
        return try delete(.id(id), operation: operation, at: now)
    }

    func checkUnprotected(_ instance: Instance) throws(ErrorBody) {
        guard instance.spec.protected else { return }
        throw .conflict(
            "Instance “\(instance.name)” is protected from deletion; lift that first with “berth instance update \(instance.name) --no-protect”.")
    }
}

extension LaunchCheck {
    static func moment(after time: Milliseconds, _ now: Timestamp) throws(ErrorBody) -> Timestamp {
        guard time > .zero, time <= LedgerSettings.Limit.expiry else {
            throw .invalid("expiresIn: \(time.count) ms is out of range: 1 to \(LedgerSettings.Limit.expiry.count) ms is allowed.")
        }
        return now.advanced(by: time)
    }

    static func labels(_ count: Int) throws(ErrorBody) {
        guard count <= LedgerSettings.Limit.labels else {
            throw .invalid("labels: \(count) are too many: at most \(LedgerSettings.Limit.labels) are allowed.")
        }
    }

    static func keeping(_ spec: InstanceSpec) throws(ErrorBody) {
        guard !spec.protected || spec.expiresAt == nil else {
            throw .invalid("protected: an instance that expires can't be protected from deletion; choose one of the two.")
        }
    }
}
