import Controller
import Foundation
import GRDB
import Testing

@Suite("the SQLite store")
struct SQLiteStoreTests {
    @Test("opened again, it holds what was committed, and the next term is higher")
    func reopened() async throws {
        try await inDirectory { path in
            var store: SQLiteStore? = try SQLiteStore(path: path)
            if let store {
                var batch = StoreBatch(sequence: 1)
                batch.puts = [row(1, "a")]
                _ = try await store.commit(batch, expecting: try await store.campaign())
            }
            store = nil
            let again = try SQLiteStore(path: path)
            #expect(try await again.campaign() == StoreHead(epoch: 2, sequence: 1))
            #expect(try await again.load().rows == [row(1, "a")])
        }
    }

    @Test("a flipped bit in a row, a journal entry or an answer is found", arguments: ["row", "steps", "events", "answer"])
    func flippedBit(table: String) async throws {
        try await inDirectory { path in
            let store = try SQLiteStore(path: path)
            var batch = StoreBatch(sequence: 1)
            batch.puts = [row(1, "body")]
            batch.steps = Data("body".utf8)
            batch.events = Data("body".utf8)
            batch.answers = [
                StoredAnswer(number: 1, key: Data("k".utf8), fingerprint: Data(), status: 200, body: Data("body".utf8), at: 0)
            ]
            _ = try await store.commit(batch, expecting: try await store.campaign())
            let other = try DatabaseQueue(path: path)
            try await other.write { try $0.execute(sql: "UPDATE \(table) SET body = CAST('bodz' AS BLOB)") }
            await #expect(throws: StoreError.self, "a flipped bit in \(table)") {
                _ = try await store.load()
                _ = try await store.steps(from: 0)
                _ = try await store.answer(1)
            }
        }
    }

    @Test("a file that is no database, or one cut in half, is called damaged")
    func damagedFile() async throws {
        try await inDirectory { path in
            try Data(repeating: 0x2A, count: 8192).write(to: URL(filePath: path))
            let error = try #require(throws: StoreError.self) { try SQLiteStore(path: path) }
            guard case .damaged = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("full is full: the commit throws, nothing of it is kept, and smaller ones still go")
    func full() async throws {
        try await inDirectory { path in
            let store = try SQLiteStore(path: path, maximumPages: 64)
            let head = try await store.campaign()
            var large = StoreBatch(sequence: 1)
            large.puts = [StoredRow(key: 1, kind: .size, body: Data(repeating: 1, count: 1 << 20))]
            await #expect(throws: StoreError.full) { try await store.commit(large, expecting: head) }
            var small = StoreBatch(sequence: 1)
            small.puts = [row(1, "a")]
            _ = try await store.commit(small, expecting: head)
            #expect(try await store.load().rows == [row(1, "a")])
        }
    }

    @Test("a commit has reached the disk when it returns: WAL with synchronous=FULL")
    func durable() async throws {
        try await inDirectory { path in
            let store = try SQLiteStore(path: path)
            let pragmas = try await store.pragmas()
            #expect(pragmas.journal == "wal")
            #expect(pragmas.synchronous == 2)
        }
    }

    private func inDirectory(_ body: (String) async throws -> Void) async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory.appending(path: "ledger.sqlite").path)
    }
}
