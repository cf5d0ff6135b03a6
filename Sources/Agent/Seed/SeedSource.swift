import ClusterAPI
import ClusterModel
import FoundationEssentials

/// Where an agent gets what an instance was launched with: not with every sync, since only the making of its seed wants it.
package struct SeedSource: Sendable {
    private let transport: any Transport

    package init(transport: any Transport) { self.transport = transport }

    package func seed(of instance: DesiredInstance) async throws(WorkFailure) -> InstanceSeed {
        guard instance.seeded else { return InstanceSeed() }
        let answer: HTTPAnswer
        do {
            answer = try await transport.send(
                HTTPRequest(
                    method: Route.instanceSeed.method, target: Route.instanceSeed.path("\(instance.id)"), timeout: .seconds(10),
                    maximumAnswer: 4 * InstanceSeed.limit))
        } catch { throw WorkFailure("cannot fetch what its seed holds: \(error)") }
        guard answer.status == 200 else { throw WorkFailure("cannot fetch what its seed holds: the controller answers with \(answer.status)") }
        guard let seed = try? JSONDecoder().decode(InstanceSeed.self, from: answer.body) else {
            throw WorkFailure("what its seed holds is unreadable; do the controller's version and this agent's differ?")
        }
        return seed
    }
}
