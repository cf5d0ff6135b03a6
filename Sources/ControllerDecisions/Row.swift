/// One durable thing, and the number of the change that made it: its key in the store for as long as it lives.
/// A class, so that the ledger, the view that readers see and the changes on their way to the store share one copy.
package final class Row<Value: Sendable>: Sendable {
    package let key: Int64
    package let value: Value
    package init(key: Int64, value: Value) {
        self.key = key
        self.value = value
    }
}
