import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("lists, metrics and health of the controller")
struct ListingTests {
    @Test("pages together hold everything once, and carry the revision from which a watch takes up")
    func pages() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1", cpus: 100, memory: 1 << 20)
            try await node.join()
            try await controller.launch("web", count: 25)
            var names: [String] = []
            var target = "/v1/instances?limit=10"
            var pages = 0
            while true {
                let page: Page<Instance> = try await controller.get(target)
                names += page.items.map(\.name.text)
                pages += 1
                #expect(page.revision == (try await controller.revision()))
                guard let next = page.continue else { break }
                target = "/v1/instances?limit=10&continue=\(next)"
            }
            #expect(pages == 3)
            #expect(names == (1...25).map { "web-\($0)" })
        }
    }

    @Test("pages of events, filtered and not, are the whole list once, oldest first", arguments: ["", "&reason=InstancePlaced", "&level=info"])
    func events(filter: String) async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1", cpus: 100, memory: 1 << 20)
            try await node.join()
            try await controller.launch("web", count: 7)
            let whole: Page<Event> = try await controller.get("/v1/events?limit=500\(filter)")
            #expect(whole.items.count >= 7 && whole.continue == nil)
            var revisions: [Int64] = []
            var next: String? = "0"
            while let place = next {
                let page: Page<Event> = try await controller.get("/v1/events?limit=2&continue=\(place)\(filter)")
                #expect(page.items.count == 2 || page.continue == nil)
                revisions += page.items.map(\.revision)
                next = page.continue
            }
            #expect(revisions == whole.items.map(\.revision) && revisions == revisions.sorted())
        }
    }

    @Test("the cluster tells the policy that its controller places by")
    func policy() async throws {
        try await RunningController.run(RunningController.calm + "placement: {policy: spread}\n") { controller in
            let view: ClusterView = try await controller.get("/v1/cluster")
            #expect(view.policy == .spread && view.isStorageLow == false)
        }
    }

    @Test("filters by state, node, label, name and project are joined by and")
    func filters() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            var one = try PlayedNode(controller, name: "n1", cpus: 1)
            try await one.join()
            var request = try controller.launchRequest("a")
            request.labels = Labels([try Label("tier=web"), try Label("stage=live")])
            let _: LaunchAnswer = try await controller.post("/v1/instances", request)
            var two = try PlayedNode(controller, name: "n2")
            try await two.join()
            try await controller.launch("b")
            try await two.obey()
            func names(_ query: String) async throws -> [String] {
                try await controller.get("/v1/instances?\(query)", as: Page<Instance>.self).items.map(\.name.text)
            }
            #expect(try await names("state=running") == ["b"])
            #expect(try await names("node=n1") == ["a"])
            #expect(try await names("node=\(two.id)") == ["b"])
            #expect(try await names("label=tier%3Dweb&label=stage") == ["a"])
            #expect(try await names("label=tier%3Dweb&label=stage%3Dtest") == [])
            #expect(try await names("name=a&state=running") == [])
            #expect(try await names("project=default") == ["a", "b"])
            #expect(try await names("project=other") == [])
        }
    }

    @Test("the metrics are in Prometheus' form, with help, type and the names that are promised")
    func metrics() async throws {
        try await RunningController.run { controller in
            try await controller.importImage()
            let text = try await controller.send(.get, "/metrics").text
            var typed: Set<Substring> = []
            for line in text.split(separator: "\n") {
                if line.hasPrefix("# TYPE ") { typed.insert(line.split(separator: " ")[2]) }
                guard !line.hasPrefix("#") else { continue }
                let name = line.prefix { $0 != "{" && $0 != " " }
                let family = ["_bucket", "_sum", "_count"].reduce(name) { $0.hasSuffix($1) && !typed.contains($0) ? $0.dropLast($1.count) : $0 }
                #expect(typed.contains(family), "\(line) has no TYPE before it")
                #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
            }
            for name in [
                "berth_http_requests_total", "berth_http_request_duration_seconds", "berth_ledger_commit_duration_seconds", "berth_ledger_batch_size",
                "berth_nodes", "berth_instances", "process_cpu_seconds_total", "process_resident_memory_bytes",
            ] {
                #expect(typed.contains(Substring(name)), "\(name) is missing")
            }
            #expect(text.contains(#"berth_http_requests_total{route="/v1/images",method="POST",code="201"} 1"#))
        }
    }

    @Test("readyz names each check and turns 503 when another controller has begun a term")
    func ready() async throws {
        let store = MemoryStore()
        try await RunningController.run(store: store) { controller in
            let ready = try await controller.send(.get, "/readyz?verbose")
            #expect(ready.status == 200)
            for check in ["[+]store ok", "[+]ledger ok", "[+]images ok"] { #expect(ready.text.contains(check)) }
            #expect(try await controller.send(.get, "/livez").status == 200)
            _ = try await store.campaign()
            let lost = try await controller.send(.get, "/readyz")
            #expect(lost.status == 503)
            #expect(lost.text.contains("[-]store"))
        }
    }
}
