/// Proven lower bounds on the number of bins.
package enum PackingBound {
    package static func volume(_ instance: PackingInstance) -> Int {
        var bound = instance.count > 0 ? 1 : 0
        for dimension in 0..<instance.dimensions where instance.capacity[dimension] > 0 {
            var total = 0
            for item in 0..<instance.count { total += instance.size(item, dimension) }
            bound = max(bound, (total + instance.capacity[dimension] - 1) / instance.capacity[dimension])
        }
        return bound
    }
}
