import ControllerDecisions

extension Command {
    /// It makes the ledger larger, and is refused while the disk is nearly full.
    var takesRoom: Bool {
        switch self {
        case .launch, .createSize, .putImage, .access(.createProject), .access(.createAccount), .access(.createToken): true
        default: false
        }
    }
}
