import Glibc

/// Words as C takes them: a list of pointers that ends with nothing.
struct Words {
    struct List {
        let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

        var constant: UnsafePointer<UnsafePointer<CChar>?> {
            UnsafeRawPointer(pointer).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
        }
    }

    private let words: [String]

    init(_ words: [String]) { self.words = words }

    func use<Value>(_ body: (List) -> Value) -> Value {
        let pointer = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
        for (place, word) in words.enumerated() { pointer[place] = strdup(word) }
        pointer[words.count] = nil
        defer {
            for place in words.indices { free(pointer[place]) }
            pointer.deallocate()
        }
        return body(List(pointer: pointer))
    }
}
