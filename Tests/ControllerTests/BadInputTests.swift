import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("bad input gets one sentence with the right status, and changes nothing")
struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var method: Route.Method = .post
        var target = "/v1/instances"
        var body = ""
        var status = 400
        var code = ErrorBody.Code.invalid
        /// Words that the sentence must hold.
        var says: [String] = []
        var testDescription: String { "\(method.rawValue) \(target) \(body.prefix(60))" }
    }

    static let deep = String(repeating: "[", count: 100_000)

    static let cases: [Case] = [
        Case(body: "not json", says: ["JSON", "line 1, column 2"]), Case(body: "[]", says: ["object"]),
        Case(body: #"{"name": "#, says: ["JSON", "ends"]), Case(body: "{\n  \"name\": \"a\" x}", says: ["line 2, column 15"]),
        Case(body: #"{"name": 7}"#, says: ["name", "text"]), Case(body: #"{"name": "a/b"}"#, says: ["name", "a/b"]),
        Case(body: #"{"name": "-x"}"#, says: ["-x"]), Case(body: #"{"name": "\#(String(repeating: "x", count: 64))"}"#, says: ["63"]),
        Case(body: "{\"name\": \"a\\u001b[31m\"}", says: ["name"]), Case(body: #"{"count": 0}"#, says: ["count", "1 to 1000"]),
        Case(body: #"{"count": 1001}"#, says: ["count"]), Case(body: #"{"count": -1}"#, says: ["count"]),
        Case(body: #"{"count": 9223372036854775808}"#, says: ["count"]), Case(body: #"{"count": 1e400}"#, says: ["count"]),
        Case(body: #"{"count": 1.5}"#, says: ["count"]), Case(body: #"{"stopTimeoutMilliseconds": -1}"#, says: ["stopTimeout"]),
        Case(body: #"{"constraints": {"require": ["rack"]}}"#, says: ["constraints.require[0]", "key=value"]),
        Case(body: #"{"constraints": {"spread": [{"group": "g", "domain": "rack", "maximumSkew": 0, "hard": true}]}}"#, says: ["maximumSkew"]),
        Case(body: #"{"policy": "best"}"#, says: ["policy"]), Case(body: deep, says: ["64"]),
        Case(body: #"{"labels": {"a": "b/c"}}"#, says: ["labels"]),
        Case(body: #"{"size": "no-such"}"#, status: 404, code: .notFound, says: ["no-such", "berth size list"]),
        Case(body: #"{"image": "no-such"}"#, status: 404, code: .notFound, says: ["no-such", "berth image import"]),
        Case(body: String(repeating: " ", count: (1 << 20) + 1), status: 413, code: .tooLarge, says: ["1048576"]),
        Case(
            target: "/v1/sizes", body: #"{"name": "s", "resources": {"milliCPU": 0, "memoryMiB": 1, "diskMiB": 1}, "traits": []}"#, says: ["milliCPU"]
        ),
        Case(
            target: "/v1/sizes", body: #"{"name": "s", "resources": {"milliCPU": 1, "memoryMiB": 9223372036854775807, "diskMiB": 1}, "traits": []}"#,
            says: ["memoryMiB"]),
        Case(target: "/v1/sizes", body: "", says: ["body"]),
        Case(
            target: "/v1/sizes", body: #"{"name": "tiny", "resources": {"milliCPU": 1, "memoryMiB": 1, "diskMiB": 1}, "traits": []}"#, status: 409,
            code: .conflict),
        Case(method: .get, target: "/v1/instances/nobody", status: 404, code: .notFound, says: ["nobody", "default"]),
        Case(method: .get, target: "/v1/instances/a%2Fb", status: 404, code: .notFound, says: ["a/b"]),
        Case(method: .get, target: "/v1/instances/%ff", status: 404, code: .notFound),
        Case(method: .get, target: "/v1/nowhere", status: 404, code: .notFound),
        Case(method: .get, target: "/", status: 404, code: .notFound),
        Case(method: .delete, target: "/v1/instances", status: 405, says: ["GET or POST"]),
        Case(method: .get, target: "/v1/instances?limit=0", says: ["limit", "500"]),
        Case(method: .get, target: "/v1/instances?limit=501", says: ["500"]),
        Case(method: .get, target: "/v1/instances?limit=99999999999999999999", says: ["limit"]),
        Case(method: .get, target: "/v1/instances?continue=x", says: ["continue"]),
        Case(method: .get, target: "/v1/instances?state=happy", says: ["state"]),
        Case(method: .get, target: "/v1/instances?sate=running", says: ["sate"]),
        Case(method: .get, target: "/v1/instances?watch=maybe", says: ["watch"]),
        Case(method: .get, target: "/v1/instances?label=%zz", says: ["percent"]),
        Case(target: "/v1/instances/nobody/stop", status: 404, code: .notFound),
        Case(target: "/v1/nodes/nowhere/cordon", status: 404, code: .notFound, says: ["nowhere"]),
        Case(target: "/v1/nodes/not-an-id/sync", body: "{}", status: 404, code: .notFound),
        Case(target: "/v1/nodes/\(UUID().uuidString)/sync", body: "{}", says: ["bootID"]),
        Case(target: "/v1/operations/not-an-id/cancel", status: 404, code: .notFound, says: ["not-an-id"]),
        Case(target: "/v1/images", body: "x", says: ["name"]), Case(target: "/v1/images?name=x", body: "x", says: ["format"]),
        Case(target: "/v1/images?name=x&format=iso", body: "x", says: ["format", "iso"]),
        Case(target: "/v1/images?name=x&format=raw", body: "", says: ["empty"]),
        Case(target: "/v1/images?name=x&format=raw&digest=abc", body: "x", says: ["digest"]),
        Case(target: "/v1/images?name=x&format=raw&digest=\(String(repeating: "0", count: 64))", body: "x", says: ["digest"]),
    ]

    @Test("each of many kinds")
    func each() async throws {
        try await RunningController.run { controller in
            let before = try await controller.revision()
            for attempt in Self.cases {
                let body = attempt.body.isEmpty ? nil : Data(attempt.body.utf8)
                let reply = try await controller.send(attempt.method, attempt.target, body, headers: [("X-Request-Id", "mine")])
                #expect(reply.status == attempt.status, "\(attempt.testDescription): \(reply.status) \(reply.text)")
                let error = try reply.error
                #expect(error.code == attempt.code, "\(attempt.testDescription): \(reply.text)")
                #expect(error.requestID == "mine" && reply.headers["x-request-id"] == "mine", "\(attempt.testDescription)")
                for word in attempt.says { #expect(error.message.contains(word), "\(attempt.testDescription): \(error.message)") }
                #expect(error.message.hasSuffix("."), "no sentence: \(error.message)")
                #expect(!error.message.contains("\u{1b}"), "a control character passed through")
            }
            #expect(try await controller.revision() == before)
            let kept = try FileManager.default.contentsOfDirectory(atPath: controller.directory.appending(path: "images").path)
            #expect(kept == [], "an image that was refused left something behind")
        }
    }

    @Test("a launch with no node says that none has joined")
    func noNodes() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            let reply = try await controller.send(.post, "/v1/instances", Data("{}".utf8))
            #expect(reply.status == 409)
            #expect(try reply.error.code == .noCapacity)
            #expect(try reply.error.message.contains("joined"))
        }
    }
}
