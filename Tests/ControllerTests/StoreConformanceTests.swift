import Controller
import Foundation
import Testing

/// What every store promises, whatever it keeps its rows in.
@Suite("every store")
struct StoreConformanceTests {
    enum Kind: CaseIterable, CustomTestStringConvertible {
        case sqlite, memory
        var testDescription: String { "\(self)" }
    }

    @Test("begins each term with a higher epoch than ever before", arguments: Kind.allCases)
    func campaign(kind: Kind) async throws {
        try await with(kind) { store in
            let first = try await store.campaign()
            let second = try await store.campaign()
            #expect(first == StoreHead(epoch: 1, sequence: 0))
            #expect(second == StoreHead(epoch: 2, sequence: 0))
            #expect(try await store.observe() == second)
        }
    }

    @Test("gives back what was committed, in the order of the keys: put, put again, deleted", arguments: Kind.allCases)
    func rows(kind: Kind) async throws {
        try await with(kind) { store in
            var head = try await store.campaign()
            var batch = StoreBatch(sequence: 3)
            batch.puts = [row(3, "c"), row(1, "a"), row(2, "b")]
            head = try await store.commit(batch, expecting: head)
            #expect(head == StoreHead(epoch: 1, sequence: 3))
            var next = StoreBatch(sequence: 5)
            next.puts = [row(2, "B")]
            next.deletes = [3]
            head = try await store.commit(next, expecting: head)
            let loaded = try await store.load()
            #expect(loaded.head == StoreHead(epoch: 1, sequence: 5))
            #expect(loaded.rows == [row(1, "a"), row(2, "B")])
        }
    }

    @Test("lets nobody write whose term is over, and then keeps nothing of it", arguments: Kind.allCases)
    func lostTerm(kind: Kind) async throws {
        try await with(kind) { store in
            let old = try await store.campaign()
            let new = try await store.campaign()
            var batch = StoreBatch(sequence: 1)
            batch.puts = [row(1, "old")]
            await #expect(throws: StoreError.lostTerm(expected: old, found: new)) { try await store.commit(batch, expecting: old) }
            #expect(try await store.load().rows.isEmpty)
            let head = try await store.commit(batch, expecting: new)
            await #expect(throws: StoreError.lostTerm(expected: new, found: head)) { try await store.commit(batch, expecting: new) }
        }
    }

    @Test("gives the journal from any number on, until it is told to forget", arguments: Kind.allCases)
    func journal(kind: Kind) async throws {
        try await with(kind) { store in
            var head = try await store.campaign()
            for sequence in [Int64(10), 20, 30] {
                var batch = StoreBatch(sequence: sequence)
                batch.steps = Data("s\(sequence)".utf8)
                batch.events = Data("e\(sequence)".utf8)
                head = try await store.commit(batch, expecting: head)
            }
            #expect(try await store.steps(from: 15).map(\.sequence) == [20, 30])
            #expect(try await store.steps(from: 20).map(\.body) == [Data("s20".utf8), Data("s30".utf8)])
            var batch = StoreBatch(sequence: 31)
            batch.forgetStepsThrough = 20
            batch.forgetEventsThrough = 10
            head = try await store.commit(batch, expecting: head)
            #expect(try await store.steps(from: 0).map(\.sequence) == [30])
            #expect(try await store.load().events.map(\.sequence) == [20, 30])
        }
    }

    @Test("keeps answers until it is told to forget them, also in a commit that changes nothing else", arguments: Kind.allCases)
    func answers(kind: Kind) async throws {
        try await with(kind) { store in
            var head = try await store.campaign()
            let answer = StoredAnswer(number: 1, key: Data("k".utf8), fingerprint: Data("f".utf8), status: 409, body: Data("no".utf8), at: 7)
            var batch = StoreBatch(sequence: 0)
            batch.answers = [answer]
            head = try await store.commit(batch, expecting: head)
            #expect(try await store.answer(1) == answer)
            #expect(try await store.load().answers == [.init(number: 1, key: Data("k".utf8), at: 7)])
            batch = StoreBatch(sequence: 0)
            batch.forgetAnswersThrough = 1
            head = try await store.commit(batch, expecting: head)
            #expect(try await store.answer(1) == nil)
        }
    }

    private func with(_ kind: Kind, _ body: (any StateStore) async throws -> Void) async throws {
        switch kind {
        case .memory: try await body(MemoryStore())
        case .sqlite:
            let directory = try RunningController.temporaryDirectory()
            defer { try? FileManager.default.removeItem(at: directory) }
            try await body(try SQLiteStore(path: directory.appending(path: "ledger.sqlite").path))
        }
    }
}

func row(_ key: Int64, _ text: String, kind: RowKind = .size) -> StoredRow { StoredRow(key: key, kind: kind, body: Data(text.utf8)) }
