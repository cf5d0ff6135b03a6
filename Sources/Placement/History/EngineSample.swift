import ClusterModel

extension PlacementEngine {
    /// Costs the same whatever the size of the cluster. Every allocation counts as an instance.
    package func sample(at now: Timestamp) -> CapacitySample { shared.state.sample(at: now) }
}
