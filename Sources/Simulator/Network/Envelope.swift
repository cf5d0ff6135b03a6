import ClusterModel

/// A message on its way.
final class Envelope {
    enum Content {
        case sync(SyncRequest, exchange: Int, controller: Int)
        /// Nil where the controller refused.
        case syncAnswer(SyncAnswer?, exchange: Int)
        case request(ClientRequest, attempt: Int)
        case answer(ClientAnswer, request: Int, attempt: Int)
    }

    let number: Int
    /// A node's number, or a client's for its requests and answers.
    let party: Int
    let content: Content

    init(number: Int, party: Int, content: Content) {
        self.number = number
        self.party = party
        self.content = content
    }
}
