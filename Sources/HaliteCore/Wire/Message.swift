import HaliteValue

/// One message between master and minion: a kind and a body. The protocol's version stands in the greeting.
package struct Message: Sendable, Hashable {
    /// Raised when a peer of the earlier version could misread a message.
    package static let protocolVersion = 1
    /// What a peer may send at most; larger data travel in parts.
    package static let sizeLimit = 64 << 20
    /// Before a peer is accepted.
    package static let greetingLimit = 1 << 20

    package enum Kind: String, Sendable {
        // From the minion
        /// Who I am: `version`, `id`, `grains`.
        case hello
        /// A finished job: the map of a `JobReturn`.
        case jobReturn = "return"
        /// A question: `number`, `operation`, `arguments`.
        case request
        /// Facts that changed: `grains`.
        case facts
        // From the master
        /// What became of the greeting: `status` (`accepted`, `pending`, `rejected`, `denied`), `master`.
        case welcome
        /// The map of a `Job`.
        case job
        /// The return of job `jid` is stored.
        case stored
        /// The answer to a request: `number`, and `result` or `error`.
        case response
    }

    package let kind: Kind
    package let body: ValueMap

    package init(_ kind: Kind, _ body: ValueMap) {
        self.kind = kind
        self.body = body
    }

    package func encoded() -> [UInt8] { MessagePack.encode(.list([.string(kind.rawValue), .map(body)])) }

    package init(decoding bytes: some Collection<UInt8>) throws {
        let value = try MessagePack.decode(bytes)
        guard case .list(let list) = value, list.count == 2, let name = list[0].stringValue, case .map(let body) = list[1] else {
            throw MessageError("a message that is no pair of kind and body")
        }
        guard let kind = Kind(rawValue: name) else { throw MessageError("a message of the unknown kind '\(name.prefix(40))'") }
        self.init(kind, body)
    }
}

/// A message that the protocol does not know.
package struct MessageError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// One end of the line between master and minion. Messages are delivered in order.
package protocol MessageChannel: AnyObject, Sendable {
    /// The fingerprint of the key that the other side proved to have.
    var peerFingerprint: String { get }
    /// The public key of the other side as PEM.
    var peerPublicKey: String { get }
    /// For the record.
    var peerAddress: String { get }
    /// What arrives; ends when the line is closed.
    var incoming: AsyncThrowingStream<Message, any Error> { get }
    /// Returns when the message is on its way; throws when the line is closed.
    func send(_ message: Message) async throws
    /// From now on the peer may send up to `Message.sizeLimit`; before it is trusted, up to `Message.greetingLimit`.
    func allowLargeMessages()
    func close() async
}
