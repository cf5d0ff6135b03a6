import ClusterModel

/// Reads a trace from the bytes of a CSV file as they come, so that a decompressing tool may stand before it.
package struct TraceReader {
    private let columns: TraceColumns
    private let file: String
    private var line = 0
    private var pending: [UInt8] = []
    private var positions: (vcpus: Int, memory: Int, start: Int, end: Int)?
    private var fieldCount = 0
    private var vms: [Trace.VM] = []

    package static let maximumLineBytes = 1 << 16

    package init(columns: TraceColumns, file: String) {
        self.columns = columns
        self.file = file
    }

    package mutating func consume(_ bytes: some Sequence<UInt8>) throws(InputError) {
        for byte in bytes {
            guard byte == 0x0A else {
                guard pending.count < Self.maximumLineBytes else {
                    throw InputError(
                        file: file, line: line + 1, message: "the line is longer than \(Self.maximumLineBytes) bytes: is this a CSV file?")
                }
                pending.append(byte)
                continue
            }
            try endLine()
        }
    }

    package mutating func finish() throws(InputError) -> Trace {
        if !pending.isEmpty { try endLine() }
        guard positions != nil else {
            throw InputError(file: file, line: nil, message: "is empty: a first line with the names of the columns is needed")
        }
        return Trace(vms: vms)
    }

    private mutating func endLine() throws(InputError) {
        line += 1
        if pending.last == 0x0D { pending.removeLast() }
        let text = String(validating: pending, as: UTF8.self)
        pending.removeAll(keepingCapacity: true)
        guard let text else { throw error("the line is not UTF-8 text") }
        guard !text.isEmpty else { return }
        let fields = try split(text)
        guard let positions else { return try readHeader(fields) }
        guard fields.count == fieldCount else { throw error("\(fields.count) fields, but the first line names \(fieldCount) columns") }
        guard vms.count < Trace.maximumVMs else { throw error("more than \(Trace.maximumVMs) VMs: replay the trace in parts") }
        let start = try number(fields[positions.start], columns.start)
        let end = try number(fields[positions.end], columns.end)
        guard start.isFinite else { throw error("\(columns.start) must be a finite time") }
        guard end >= start else { throw error("the departure (\(fields[positions.end])) is before the arrival (\(fields[positions.start]))") }
        vms.append(
            Trace.VM(
                cpu: try size(fields[positions.vcpus], columns.vcpus), memory: try size(fields[positions.memory], columns.memory), start: start,
                end: end))
    }

    private mutating func readHeader(_ names: [String]) throws(InputError) {
        func position(_ name: String) throws(InputError) -> Int {
            guard let position = names.firstIndex(of: name) else {
                let known = Printable(names.joined(separator: ", "), limit: 300)
                throw error("there is no column “\(Printable(name, limit: 40))”; the file has: \(known)")
            }
            return position
        }
        if let id = columns.id { _ = try position(id) }
        positions = (try position(columns.vcpus), try position(columns.memory), try position(columns.start), try position(columns.end))
        fieldCount = names.count
    }

    private func error(_ message: String) -> InputError { InputError(file: file, line: line, message: message) }

    private func number(_ text: String, _ column: String) throws(InputError) -> Double {
        let trimmed = text.drop { $0 == " " }
        let plain = trimmed.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }
        if trimmed == "inf" || trimmed == "+inf" { return .infinity }
        guard plain, let number = Double(trimmed), number.isFinite else {
            throw error("\(column) is “\(Printable(text, limit: 40))”, which is no number")
        }
        return number
    }

    private func size(_ text: String, _ column: String) throws(InputError) -> Int64 {
        let number = try number(text, column)
        guard let amount = Trace.amount(number) else {
            throw error("\(column) is \(Printable(text, limit: 40)): expected 0 to \(Int(Trace.maximumAmount))")
        }
        return amount
    }

    /// Fields between commas; one in double quotes may contain commas, and a doubled quote for a quote.
    private func split(_ text: String) throws(InputError) -> [String] {
        guard text.utf8.contains(0x22) else { return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        var fields: [String] = []
        var field = ""
        var quoted = false
        var previousWasQuote = false
        for character in text {
            if character == "\"" {
                if quoted || !previousWasQuote { quoted.toggle() } else { quoted = true }
                if previousWasQuote, quoted { field.append("\"") }
                previousWasQuote = !quoted
            } else {
                previousWasQuote = false
                if character == ",", !quoted {
                    fields.append(field)
                    field = ""
                } else {
                    field.append(character)
                }
            }
        }
        guard !quoted else { throw error("a double quote is not closed") }
        return fields + [field]
    }
}
