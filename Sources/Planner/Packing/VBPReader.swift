import ClusterModel

/// Reads the `.vbp` format of VPSolver: the number of dimensions, the capacities, the number of item types, and for each its sizes and its demand.
/// A size may be negative, down to minus the capacity: published instances have such items.
package enum VBPReader {
    package static func read(_ bytes: some Collection<UInt8>, file: String) throws(InputError) -> PackingInstance {
        var numbers = NumberScanner(bytes: Array(bytes), file: file)
        let dimensions = try numbers.next("the number of dimensions", in: 1...PackingInstance.maximumDimensions)
        var capacity: [Int] = []
        for dimension in 1...dimensions {
            capacity.append(try numbers.next("the capacity of dimension \(dimension)", in: 0...PackingInstance.maximumCapacity))
        }
        let types = try numbers.next("the number of item types", in: 0...PackingInstance.maximumItems)
        var items: [[Int]] = []
        for type in 0..<types {
            var item: [Int] = []
            for dimension in 0..<dimensions {
                let size = try numbers.next(
                    "the size of item type \(type + 1) in dimension \(dimension + 1)",
                    in: -PackingInstance.maximumCapacity...PackingInstance.maximumCapacity)
                guard size.magnitude <= capacity[dimension].magnitude else {
                    throw numbers.error(
                        "item type \(type + 1) fits no bin: it needs \(size) of \(capacity[dimension]) in dimension \(dimension + 1).")
                }
                item.append(size)
            }
            let demand = try numbers.next("the demand of item type \(type + 1)", in: 0...PackingInstance.maximumItems)
            guard items.count + demand <= PackingInstance.maximumItems else {
                throw numbers.error("more than \(PackingInstance.maximumItems) items: pack them in parts.")
            }
            items += Array(repeating: item, count: demand)
        }
        try numbers.end()
        guard let instance = PackingInstance(capacity: capacity, items: items) else {
            throw numbers.error("the negative sizes give more room than can be counted.")
        }
        return instance
    }
}

/// Whole numbers separated by white space, with the line of the last one.
private struct NumberScanner {
    let bytes: [UInt8]
    let file: String
    private var position = 0
    private var line = 1

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    func error(_ message: String) -> InputError { InputError(file: file, line: line, message: message) }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] <= 0x20 {
            if bytes[position] == 0x0A { line += 1 }
            position += 1
        }
    }

    mutating func next(_ what: String, in range: ClosedRange<Int>) throws(InputError) -> Int {
        skipSpace()
        let start = position
        while position < bytes.count, bytes[position] > 0x20 { position += 1 }
        guard position > start else { throw error("the file ends where \(what) should be.") }
        let word = Printable(String(decoding: bytes[start..<min(position, start + 100)], as: UTF8.self), limit: 40)
        guard let number = Int(word.description) else { throw error("“\(word)” is no whole number: \(what) is expected here.") }
        guard range.contains(number) else {
            throw error("\(what) is \(number): expected \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    mutating func end() throws(InputError) {
        skipSpace()
        guard position == bytes.count else { throw error("there is more after the last item type.") }
    }
}
