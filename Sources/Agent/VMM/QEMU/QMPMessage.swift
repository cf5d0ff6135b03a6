import FoundationEssentials

/// A line of QEMU's machine protocol, as far as it tells where it belongs.
struct QMPMessage: Decodable {
    struct Failure: Decodable, Error {
        var desc: String
    }

    struct Details: Decodable {
        var reason: String?
        /// What QEMU did about an error of a disk: "stop", "report".
        var action: String?
    }

    var id: Int?
    var error: Failure?
    var event: String?
    var data: Details?

    /// `{"execute": …, "id": …}`
    struct Command<Arguments: Encodable>: Encodable {
        var execute: String
        var arguments: Arguments?
        var id: Int
    }

    struct Answer<Value: Decodable>: Decodable {
        var `return`: Value
    }

    struct Nothing: Decodable {}
    struct Status: Decodable { var status: String }
    struct Name: Decodable { var name: String? }
    struct Identity: Decodable { var UUID: String }
}
