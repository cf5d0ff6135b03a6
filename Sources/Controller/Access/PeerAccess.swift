import Certificates
import ClusterAPI
import ClusterModel
import ControllerDecisions
import HummingbirdCore
import Logging

extension Controller {
    /// Who asks. Throws a sentence where a certificate was shown that counts for nothing.
    func peer(_ presented: Presented.Certificate, at now: Timestamp = .now) throws(ErrorBody) -> Peer {
        guard authority != nil else { return .nobody }
        switch presented {
        case .none: return .nobody
        case .foreign:
            throw refused("This certificate was not issued by this cluster's authority; join this node with a token of “berth node token NAME”.")
        case .node(let certificate):
            let node = certificate.node
            if now > certificate.notAfter {
                throw refused(
                    "The certificate of node \(node) ended at \(certificate.notAfter), and by the controller's clock it is \(now): "
                        + "if that clock is right, join the node anew with a token of “berth node token NAME”.")
            }
            if now < certificate.notBefore {
                throw refused(
                    "The certificate of node \(node) begins at \(certificate.notBefore), and by the controller's clock it is \(now): "
                        + "set the controller's clock.")
            }
            guard let credential = view.look({ $0.enrolment.credentials[node]?.value }) else {
                throw refused("Node \(node) was removed, or this ledger never knew it: join it anew with a token of “berth node token NAME”.")
            }
            if let revokedAt = credential.revokedAt {
                throw refused(
                    "The certificates of node “\(credential.name)” were revoked at \(revokedAt): join it anew with a token of "
                        + "“berth node token \(credential.name)”.")
            }
            guard credential.enrolment == certificate.enrolment else {
                throw refused("Node “\(credential.name)” has joined anew since this certificate was issued; it counts no more.")
            }
            return .node(node)
        }
    }

    private func refused(_ sentence: String) -> ErrorBody {
        logger.warning("a certificate was refused", metadata: ["why": "\(sentence)"])
        return ErrorBody(code: .unauthenticated, message: sentence)
    }

    /// What an agent may ask for, and what only an agent may. Total, so that a new route can't be forgotten.
    func checkPeer(_ call: APICall) throws(ErrorBody) {
        guard authority != nil else { return }
        switch (call.peer, Self.audience(of: call.route)) {
        case (_, .everybody), (.nobody, .people), (.node, .anyNode): return
        case (.node, .people):
            throw ErrorBody(code: .forbidden, message: "A node's certificate is not for this route; ask with a person's token.")
        case (.nobody, .anyNode), (.nobody, .oneNode), (.nobody, .instanceNode):
            throw ErrorBody(code: .unauthenticated, message: "This route is for a node's agent, with the certificate that it got when it joined.")
        case (.node(let node), .oneNode):
            guard NodeID(call.parameters.first ?? "") == node else {
                throw ErrorBody(code: .forbidden, message: "The certificate is of node \(node), which may not speak for another.")
            }
        case (.node(let node), .instanceNode):
            let text = call.parameters.first ?? ""
            guard let id = InstanceID(text), view.look({ $0.instances[id]?.value.instance.placement?.node == node }) else {
                throw ErrorBody(code: .notFound, message: "There is no instance “\(Printable(text, limit: 40))” on this node.")
            }
        }
    }

    private enum Audience {
        case everybody
        case people
        /// Every node.
        case anyNode
        /// The node that the path names.
        case oneNode
        /// The node that the path's instance is placed on.
        case instanceNode
    }

    private static func audience(of route: Route) -> Audience {
        switch route.access {
        case .open: .everybody
        case .signedIn, .project, .cluster: .people
        case .node:
            switch route {
            case .imageContent: .anyNode
            case .instanceSeed, .takeExport: .instanceNode
            default: .oneNode
            }
        }
    }
}
