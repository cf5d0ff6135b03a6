import Planner
import Testing

@Suite("reading traces")
struct TraceReaderTests {
    static func read(_ text: String, chunk: Int = 7, columns: String = "vcpus=cores,memory=ram") throws -> Trace {
        var reader = TraceReader(columns: try TraceColumns(columns), file: "t.csv")
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: chunk) { try reader.consume(bytes[start..<min(start + chunk, bytes.count)]) }
        return try reader.finish()
    }

    @Test("columns may stand in any order, quoted, with other columns between, and lines may end as on Windows", arguments: [1, 5, 1000])
    func reading(chunk: Int) throws {
        let trace = try Self.read("end,\"the, id\",ram,cores,start\r\ninf,1,2.5,1,-3\r\n\"7.25\",2,0,0.5,1e0\r\n\r\n", chunk: chunk)
        #expect(
            trace.vms == [
                .init(cpu: 10_000, memory: 25_000, start: -3, end: .infinity), .init(cpu: 5_000, memory: 0, start: 1, end: 7.25),
            ])
        #expect(trace.window == 0...1)
    }

    @Test(
        "a bad trace is refused with its line",
        arguments: [
            ("", "t.csv: is empty: a first line with the names of the columns is needed"),
            ("cores,ram,start\n", "t.csv:1: there is no column “end”; the file has: cores, ram, start"),
            ("cores,ram,start,end\n1,2,3\n", "t.csv:2: 3 fields, but the first line names 4 columns"),
            ("cores,ram,start,end\n1,2,3,4\nnan,2,3,4\n", "t.csv:3: cores is “nan”, which is no number"),
            ("cores,ram,start,end\n-1,2,3,4\n", "t.csv:2: cores is -1: expected 0 to 100000000"),
            ("cores,ram,start,end\n1,1e30,3,4\n", "t.csv:2: ram is 1e30: expected 0 to 100000000"),
            ("cores,ram,start,end\n1,1e999,3,4\n", "t.csv:2: ram is “1e999”, which is no number"),
            ("cores,ram,start,end\n1,2,5,4\n", "t.csv:2: the departure (4) is before the arrival (5)"),
            ("cores,ram,start,end\n1,2,inf,inf\n", "t.csv:2: start must be a finite time"),
            ("cores,ram,start,end\n1,2,,4\n", "t.csv:2: start is “”, which is no number"),
            ("cores,ram,start,end\n\"1,2,3,4\n", "t.csv:2: a double quote is not closed"),
        ])
    func refusals(text: String, sentence: String) {
        #expect {
            _ = try Self.read(text)
        } throws: {
            "\($0)" == sentence
        }
    }

    @Test("a line without end is refused before it fills the memory")
    func endlessLine() {
        #expect(throws: InputError.self) { _ = try Self.read(String(repeating: "x", count: 100_000), chunk: 4096) }
    }

    @Test("what names no column is refused", arguments: ["cores", "vcpus=", "colour=red", ""])
    func columns(text: String) { #expect(throws: TraceColumns.Invalid.self) { try TraceColumns(text) } }
}
