import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("what is read by hand is what Foundation reads, or is left to it")
struct JSONReaderTests {
    private static let golden = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ClusterModelTests/Golden")

    @Test("a report of every field")
    func report() throws {
        let data = try Data(contentsOf: Self.golden.appending(path: "sync-request.json"))
        var request = try JSONDecoder().decode(SyncRequest.self, from: data)
        #expect(SyncRequest(json: data) == nil, "a registration is Foundation's")
        request.registration = nil
        #expect(SyncRequest(json: JSONWriter.data(request)) == nil, "what is told of storage is Foundation's")
        #expect(try JSONDecoder().decode(SyncRequest.self, from: JSONWriter.data(request)) == request)
        request.storage = nil
        request.observed = try Self.observed()
        let written = JSONWriter.data(request)
        #expect(SyncRequest(json: written) == request)
        #expect(try JSONDecoder().decode(SyncRequest.self, from: written) == request)
        #expect(SyncRequest(json: try JSONEncoder().encode(request)) == request)
    }

    @Test("a request with a registration is written as Foundation writes it")
    func registration() throws {
        let data = try Data(contentsOf: Self.golden.appending(path: "sync-request.json"))
        let request = try JSONDecoder().decode(SyncRequest.self, from: data)
        let object = { (data: Data) in try #require(try JSONSerialization.jsonObject(with: data) as? NSObject) }
        #expect(try object(JSONWriter.data(request)) == object(data))
    }

    @Test("an answer of every field; one with streams is Foundation's")
    func answer() throws {
        let data = try Data(contentsOf: Self.golden.appending(path: "sync-answer.json"))
        var answer = try JSONDecoder().decode(SyncAnswer.self, from: data)
        #expect(!answer.streams.isEmpty && SyncAnswer(json: data) == nil)
        answer.streams = []
        #expect(SyncAnswer(json: JSONWriter.data(answer)) == nil, "volumes are Foundation's")
        #expect(try JSONDecoder().decode(SyncAnswer.self, from: JSONWriter.data(answer)) == answer)
        answer.volumes = nil
        answer.desired[0].storage = nil
        #expect(SyncAnswer(json: JSONWriter.data(answer)) == nil, "migrations are Foundation's")
        answer.desired[0].migration = nil
        #expect(SyncAnswer(json: JSONWriter.data(answer)) == answer)
        #expect(SyncAnswer(json: try JSONEncoder().encode(answer)) == answer)
    }

    @Test(
        "launches, plain and odd",
        arguments: [
            "{}", " { } ", #"{"name":"web"}"#, #"{"name" : "web-1" , "project":"p","size":"nano","image":"tiny","count":3,"queue":true}"#,
            #"{"name":null,"groups":["a","b"],"stopTimeoutMilliseconds":-5,"allOrNone":false}"#, #"{"groups":[]}"#,
            #"{"name":"web","size":"nano"}"#, #"{"count":-0}"#,
        ])
    func launches(text: String) throws {
        let data = Data(text.utf8)
        let read = try #require(LaunchRequest(json: data))
        #expect(try read == JSONDecoder().decode(LaunchRequest.self, from: data))
    }

    @Test(
        "what is unusual or wrong is never read",
        arguments: [
            "", "{", "}", "[]", "{}{}", "null", #"{"name":"Web"}"#, #"{"name":"web","name":"web"}"#, #"{"name":"a"#, #"{"count":1.0}"#,
            #"{"count":1e3}"#, #"{"count":01}"#, #"{"count":9999999999999999999}"#, #"{"count":"1"}"#, #"{"queue":1}"#, #"{"queue":tru}"#,
            #"{"name":"web",}"#, #"{,}"#, #"{"labels":{}}"#, #"{"constraints":{}}"#, #"{"else":1}"#, "{\"name\":\"a\u{0}\"}", #"{"groups":["a",]}"#,
            #"{"groups":[null]}"#, #"{"count":}"#, #"{"count":-}"#, #"{"name":"\u0061"}"#, #"{"name" "a"}"#,
        ])
    func unusual(text: String) { #expect(LaunchRequest(json: Data(text.utf8)) == nil, "\(text)") }

    @Test("text with escapes and without, and ids in capitals")
    func texts() throws {
        for reason in ["plain", "a \"quoted\" \\ / line\nwith\ttabs\rand ü 🚢", ""] {
            var observed = try #require(try Self.observed().first)
            observed.reason = reason
            let data = try JSONEncoder().encode(observed)
            #expect(ObservedInstance(json: data) == observed, "\(reason)")
            let loud = String(decoding: data, as: UTF8.self).replacing(observed.id.description, with: observed.id.description.uppercased())
            #expect(ObservedInstance(json: Data(loud.utf8)) == observed)
        }
        let broken = Data("{\"reason\":\"".utf8) + Data([0xFF, 0xFE]) + Data("\"}".utf8)
        #expect(ObservedInstance(json: broken) == nil)
    }

    @Test("every prefix of a good body is refused, and no changed byte traps")
    func cut() throws {
        let good = try JSONEncoder().encode(try Self.observed())
        #expect([ObservedInstance](json: good)?.count == 2)
        for length in 0..<good.count { #expect([ObservedInstance](json: good.prefix(length)) == nil) }
        for place in 0..<good.count {
            for byte: UInt8 in [0, 0x22, 0x2C, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0xFF] {
                var bad = good
                bad[place] = byte
                guard let read = [ObservedInstance](json: bad) else { continue }
                #expect(try JSONDecoder().decode([ObservedInstance].self, from: bad) == read)
            }
        }
    }

    private static func observed() throws -> [ObservedInstance] {
        let resources = Resources(cpu: MilliCPU(250), memory: MiB(64), disk: MiB(512), devices: [.init(name: try Name("gpu"), count: 2)])
        var full = ObservedInstance(
            id: .random(), name: try Name("web-1"), generation: 3, state: .running, reason: "why", address: "10.0.0.7", pid: 42, restarts: 2,
            reboots: 1, resources: resources)
        full.timings = StartTimings(imageReady: 1, diskReady: 2, seedReady: 3, spawned: 4)
        let bare = ObservedInstance(id: .random(), name: try Name("b"), generation: .zero, state: .absent, resources: .zero)
        return [full, bare]
    }
}
