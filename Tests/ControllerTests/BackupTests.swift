import ClusterAPI
import ClusterModel
import Controller
import Foundation
import GRDB
import Testing

@Suite("a backup is a whole ledger, and what is put back is checked")
struct BackupTests {
    @Test("copied while commits go on, it holds every commit up to its head and nothing else")
    func whileWriting() async throws {
        try await inDirectory { directory in
            let store = try SQLiteStore(path: directory.appending(path: "ledger.sqlite").path)
            var head = try await store.campaign()
            let body = Data(repeating: 0x61, count: 3000)
            for first in stride(from: Int64(1), to: 4001, by: 1000) {
                var batch = StoreBatch(sequence: first + 999)
                batch.puts = (first..<first + 1000).map { StoredRow(key: $0, kind: .size, body: body) }
                head = try await store.commit(batch, expecting: head)
            }
            let before = head.sequence
            let copied = directory.appending(path: "copy.sqlite")
            try Data().write(to: copied)
            let during = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await store.copy(to: copied.path) { true } }
                let commits = Task { [head] in
                    var head = head
                    var count = 0
                    while !Task.isCancelled {
                        // A new row, and an old one changed, which may be copied already or not yet.
                        var batch = StoreBatch(sequence: head.sequence + 1)
                        batch.puts = [
                            StoredRow(key: batch.sequence, kind: .size, body: body),
                            StoredRow(key: 1 + batch.sequence % before, kind: .size, body: Data("\(batch.sequence)".utf8)),
                        ]
                        // GRDB gives up what a cancelled task asks for.
                        guard let next = try? await store.commit(batch, expecting: head) else { break }
                        head = next
                        count += 1
                    }
                    return count
                }
                try await group.waitForAll()
                commits.cancel()
                return await commits.value
            }
            #expect(during >= 3, "commits must come between the steps")
            let copy = try SQLiteStore(path: copied.path)
            try await copy.verify()
            let state = try await copy.load()
            #expect(state.head.sequence >= before && state.rows.map(\.key) == Array(1...state.head.sequence))
            for row in state.rows where row.body.count < 3000 {
                #expect(try #require(Int64(String(decoding: row.body, as: UTF8.self))) <= state.head.sequence)
            }
            let last = state.rows.filter { $0.body.count < 3000 }.compactMap { Int64(String(decoding: $0.body, as: UTF8.self)) }.max()
            if state.head.sequence > before { #expect(last == state.head.sequence) }
        }
    }

    @Test("through the API and back: what was acknowledged is there, and the ledger knows that it was restored")
    func thereAndBack() async throws {
        try await inDirectory { directory in
            let backup = directory.appending(path: "backup.sqlite")
            try await RunningController.run { controller in
                try await controller.importImage()
                var node = try PlayedNode(controller, name: "n1")
                try await node.join()
                try await controller.launch("web")
                let reply = try await controller.send(.get, "/v1/cluster/backup")
                #expect(reply.status == 200 && reply.headers["content-length"] == String(reply.body.count))
                try reply.body.write(to: backup)
                let left = try FileManager.default.contentsOfDirectory(atPath: controller.directory.appending(path: "snapshots").path)
                #expect(left.allSatisfy { $0.hasPrefix("ledger-") }, "\(left)")
            }
            let restored = directory.appending(path: "restored")
            let result = try await LedgerRestore.restore(backup.path, into: restored.path, at: Timestamp(milliseconds: 1_800_000_000_000))
            #expect(try FileManager.default.contentsOfDirectory(atPath: restored.path) == ["ledger.sqlite"])
            do {
                let store = try SQLiteStore(path: restored.appending(path: "ledger.sqlite").path)
                let state = try await store.load()
                #expect(state.restoredAt == 1_800_000_000_000 && state.head == result.head)
                try await store.settleRestored()
                #expect(try await store.load().restoredAt == nil)
            }
            try await RunningController.run(in: restored) { controller in
                #expect(try await controller.state(of: "web") == .scheduled)
                let view: ClusterView = try await controller.get("/v1/cluster")
                #expect(view.epoch.number == result.head.epoch + 1)
            }
        }
    }

    @Test("nothing is put into a directory that holds anything, and nothing is left where the backup is no good")
    func refused() async throws {
        try await inDirectory { directory in
            let good = directory.appending(path: "good.sqlite")
            do {
                let store = try SQLiteStore(path: good.path)
                var batch = StoreBatch(sequence: 1)
                batch.steps = Data("steps".utf8)
                _ = try await store.commit(batch, expecting: try await store.campaign())
            }
            let text = directory.appending(path: "text")
            try Data(repeating: 0x2A, count: 9000).write(to: text)
            let foreign = directory.appending(path: "foreign.sqlite")
            try await DatabaseQueue(path: foreign.path).write { try $0.execute(sql: "CREATE TABLE a (b)") }
            let flipped = directory.appending(path: "flipped.sqlite")
            try FileManager.default.copyItem(at: good, to: flipped)
            try await DatabaseQueue(path: flipped.path).write { try $0.execute(sql: "UPDATE steps SET body = CAST('stepz' AS BLOB)") }
            let backward = directory.appending(path: "backward.sqlite")
            try FileManager.default.copyItem(at: good, to: backward)
            try await DatabaseQueue(path: backward.path).write { try $0.execute(sql: "UPDATE head SET epoch = 0") }
            let target = directory.appending(path: "target")
            let now = Timestamp(milliseconds: 1)
            for (backup, word) in [
                (text, "not a database"), (foreign, "no ledger"), (flipped, "steps 1"), (backward, "head"),
                (directory.appending(path: "none"), "No such file"), (directory, "no file"),
            ] {
                let error = await #expect(throws: LedgerRestore.Failure.self) {
                    try await LedgerRestore.restore(backup.path, into: target.path, at: now)
                }
                #expect(error?.description.contains(word) == true, "\(backup.lastPathComponent): \(String(describing: error))")
                #expect(try FileManager.default.contentsOfDirectory(atPath: target.path) == [])
            }
            try Data().write(to: target.appending(path: "something"))
            let error = await #expect(throws: LedgerRestore.Failure.self) { try await LedgerRestore.restore(good.path, into: target.path, at: now) }
            #expect(error == .notEmpty(directory: target.path, found: "something"))
        }
    }

    @Test("a snapshot is kept at the start, and of older ones the latest few")
    func snapshots() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let shelf = directory.appending(path: "snapshots")
        try FileManager.default.createDirectory(at: shelf, withIntermediateDirectories: true)
        for number in 1...3 { try Data().write(to: shelf.appending(path: "ledger-00000000000000\(number).sqlite")) }
        try Data().write(to: shelf.appending(path: "left.part"))
        try await RunningController.run(in: directory, RunningController.calm + "snapshots: {kept: 2}\n") { _ in
            try await eventually {
                let names = try FileManager.default.contentsOfDirectory(atPath: shelf.path).sorted()
                return names.count == 2 && names[0] == "ledger-000000000000003.sqlite"
            }
        }
        let latest = try #require(try FileManager.default.contentsOfDirectory(atPath: shelf.path).max())
        try await SQLiteStore(path: shelf.appending(path: latest).path).verify()
    }

    @Test("a damaged ledger is not started on, and the sentence names the way back")
    func damaged() async throws {
        try await inDirectory { directory in
            try await RunningController.run(in: directory, RunningController.calm) { _ in
                try await eventually {
                    try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "snapshots").path).contains {
                        $0.hasSuffix(".sqlite")
                    }
                }
            }
            try await DatabaseQueue(path: directory.appending(path: "ledger.sqlite").path).write {
                try $0.execute(sql: "UPDATE row SET body = CAST('{}' AS BLOB) WHERE key = 1")
            }
            let error = await #expect(throws: ControllerStartError.self) { try await RunningController.run(in: directory) { _ in } }
            let sentence = try #require(error).description
            #expect(
                sentence.contains("row 1") && sentence.contains("berth controller restore") && sentence.contains("snapshots/ledger-"), "\(sentence)")
        }
    }

    private func inDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }
}
