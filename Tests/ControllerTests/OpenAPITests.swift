import ClusterAPI
import ClusterModel
import Foundation
import Testing
import Yams

/// `docs/openapi.yaml` with just enough of JSON Schema to hold answers against it.
struct OpenAPIPage: @unchecked Sendable {
    private let page: [String: Any]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    init() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
        page = try #require(try Yams.load(yaml: text) as? [String: Any])
    }

    var operations: [(path: String, method: String, operation: [String: Any])] {
        (page["paths"] as? [String: [String: [String: Any]]] ?? [:]).flatMap { path, methods in
            methods.map { (path, $0.key.uppercased(), $0.value) }
        }
    }

    /// The places of `$ref`s that lead nowhere.
    var danglingReferences: [String] {
        var dangling: [String] = []
        func walk(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String, resolve(reference) == nil { dangling.append(reference) }
                object.values.forEach(walk)
            } else if let list = value as? [Any] {
                list.forEach(walk)
            }
        }
        walk(page)
        return dangling
    }

    private func resolve(_ reference: String) -> [String: Any]? {
        var place: Any? = page
        for part in reference.split(separator: "/").dropFirst() { place = (place as? [String: Any])?[String(part)] }
        return place as? [String: Any]
    }

    /// What in a value does not fit the schema: fields that are not documented, or required and missing, or of another type.
    func problems(of value: Any, schema name: String) -> [String] {
        guard let schema = resolve("#/components/schemas/\(name)") else { return ["there is no schema \(name)"] }
        return problems(value, schema, at: name)
    }

    private func problems(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        if let reference = schema["$ref"] as? String {
            return resolve(reference).map { problems(value, $0, at: place) } ?? ["\(place): \(reference) leads nowhere"]
        }
        if let words = schema["enum"] as? [String] {
            return (value as? String).map(words.contains) ?? false ? [] : ["\(place): \(value) is not one of \(words)"]
        }
        switch schema["type"] as? String {
        case "object": return objectProblems(value, schema, at: place)
        case "array":
            guard let list = value as? [Any], let items = schema["items"] as? [String: Any] else { return ["\(place) is no list"] }
            return list.enumerated().flatMap { problems($0.element, items, at: "\(place)[\($0.offset)]") }
        case "string": return value is String ? [] : ["\(place) is no text"]
        case "integer", "number", "boolean": return value is NSNumber ? [] : ["\(place) is no \(schema["type"] ?? "")"]
        default: return []
        }
    }

    private func objectProblems(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        guard let object = value as? [String: Any] else { return ["\(place) is no object"] }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        let isOpen = schema["additionalProperties"] != nil
        var found = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(place).\($0) is missing" }
        for (key, field) in object.sorted(by: { $0.key < $1.key }) {
            if let property = properties[key] {
                found += problems(field, property, at: "\(place).\(key)")
            } else if !isOpen {
                found.append("\(place).\(key) is not documented")
            }
        }
        return found
    }
}

@Suite("docs/openapi.yaml")
struct OpenAPITests {
    @Test("every route has its operation under its own name, and every operation its route")
    func routes() throws {
        let documented = Set(try OpenAPIPage().operations.map { "\($0.operation["operationId"] ?? "?") \($0.method) \($0.path)" })
        let served = Set(Route.allCases.map { "\($0.rawValue) \($0.method.rawValue) \($0.template)" })
        #expect(served.subtracting(documented).sorted() == [])
        #expect(documented.subtracting(served).sorted() == [])
    }

    @Test("every reference leads somewhere")
    func references() throws { #expect(try OpenAPIPage().danglingReferences == []) }

    @Test(
        "the golden values, which have every field, are as documented",
        arguments: [
            ("instance", "Instance"), ("node", "Node"), ("image", "Image"), ("operation", "InstanceOperation"), ("explanation", "Explanation"),
            ("sync-request", "SyncRequest"), ("sync-answer", "SyncAnswer"), ("events", "Event"), ("volume", "Volume"),
            ("snapshot", "Snapshot"),
        ])
    func golden(file: String, schema: String) throws {
        let page = try OpenAPIPage()
        let data = try Data(contentsOf: OpenAPIPage.root.appending(path: "Tests/ClusterModelTests/Golden/\(file).json"))
        let value = try JSONSerialization.jsonObject(with: data)
        for item in value as? [Any] ?? [value] { #expect(page.problems(of: item, schema: schema) == []) }
    }

    @Test("what the controller answers is as documented")
    func answers() async throws {
        let page = try OpenAPIPage()
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1", cpus: 2)
            try await node.join()
            let launch = try JSONEncoder().encode(controller.launchRequest("web"))
            let console = try JSONEncoder().encode(OpenStreamRequest(source: .console))
            let log = try JSONEncoder().encode(OpenStreamRequest(source: .log(lines: 5, follow: true)))
            let size = Data(#"{"name": "own", "resources": {"milliCPU": 1, "memoryMiB": 1, "diskMiB": 1}, "traits": []}"#.utf8)
            let steps: [(Route.Method, String, Data?, String)] = [
                (.post, "/v1/instances?dryRun=1", launch, "DryRunAnswer"), (.post, "/v1/instances", launch, "LaunchAnswer"),
                (.get, "/v1/instances", nil, "InstancePage"), (.get, "/v1/instances/web", nil, "Instance"),
                (.get, "/v1/instances/web/explanation", nil, "Explanation"), (.post, "/v1/instances/web/stop", Data("{}".utf8), "InstanceAnswer"),
                (.post, "/v1/instances/web/streams", console, "OpenStreamAnswer"), (.post, "/v1/instances/web/streams", log, "OpenStreamAnswer"),
                (.post, "/v1/nodes/\(node.id)/sync", try JSONEncoder().encode(node.request(full: true, observed: [])), "SyncAnswer"),
                (.get, "/v1/cluster/recovery", nil, "RecoveryView"), (.post, "/v1/cluster/recovery/hold", nil, "RecoveryView"),
                (.post, "/v1/cluster/recovery/resume", nil, "RecoveryView"),
                (.post, "/v1/nodes/n1/drain?dryRun=1", Data(#"{"stop": true}"#.utf8), "DrainAnswer"),
                (.post, "/v1/nodes/n1/drain", Data(#"{"stop": true}"#.utf8), "DrainAnswer"), (.post, "/v1/nodes/n1/uncordon", nil, "NodeView"),
                (.get, "/v1/nodes", nil, "NodePage"), (.get, "/v1/nodes/n1", nil, "NodeView"), (.post, "/v1/nodes/n1/cordon", nil, "NodeView"),
                (.post, "/v1/instances", Data(#"{"name": "other"}"#.utf8), "ErrorAnswer"), (.get, "/v1/sizes", nil, "SizePage"),
                (.post, "/v1/sizes", size, "Size"), (.get, "/v1/images", nil, "ImagePage"), (.get, "/v1/operations", nil, "OperationPage"),
                (.get, "/v1/events", nil, "EventPage"), (.get, "/v1/cluster", nil, "ClusterView"), (.get, "/v1/version", nil, "VersionAnswer"),
            ]
            for (method, target, body, schema) in steps {
                let reply = try await controller.send(method, target, body)
                #expect(schema == "ErrorAnswer" || reply.status < 300, "\(target): \(reply.text)")
                let value = try JSONSerialization.jsonObject(with: reply.body)
                #expect(page.problems(of: value, schema: schema) == [], "\(method.rawValue) \(target)")
            }
        }
    }
}
