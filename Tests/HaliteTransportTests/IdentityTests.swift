import FoundationEssentials
import Glibc
import HaliteCore
import HaliteValue
import Testing

@testable import HaliteTransport

/// Keys on disk, and the line in memory.
struct IdentityTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/halite-identity-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func mode(_ path: String) -> mode_t {
        var info = stat()
        return stat(path, &info) == 0 ? info.st_mode & 0o7777 : 0
    }

    @Test func aKeyIsMadeOnceAndForItsOwnerAlone() throws {
        try withFolder { folder in
            let first = try Identity.load(directory: folder + "/pki/minion", name: "minion")
            let second = try Identity.load(directory: folder + "/pki/minion", name: "minion")
            #expect(first.fingerprint == second.fingerprint)
            #expect(mode(folder + "/pki/minion/minion.pem") == 0o600)
            #expect(mode(folder + "/pki/minion") == 0o700)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/pki/minion") == ["minion.pem"])
        }
    }

    @Test(arguments: ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
    func aDamagedKeyIsAnErrorAndStays(_ text: String) throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: folder + "/minion.pem"))
            #expect(throws: TransportError("\(folder)/minion.pem holds no P-256 private key in PEM form")) {
                try Identity.load(directory: folder, name: "minion")
            }
            #expect(try Data(contentsOf: URL(filePath: folder + "/minion.pem")) == Data(text.utf8))
        }
    }

    @Test func theFingerprintIsThatOfThePublicKey() {
        let identity = Identity.make()
        #expect(Identity.fingerprint(ofPEM: identity.publicKeyPEM) == identity.fingerprint)
        #expect(identity.fingerprint.split(separator: ":").count == 32)
        #expect(Identity.make().fingerprint != identity.fingerprint)
        #expect(Identity.fingerprint(ofPEM: "nonsense") == nil)
    }

    @Test(arguments: [0, 1, 2, 3, 47, 48, 49, 91, 200])
    func base64StandsInLinesOf64(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let text = Base64Lines.encode(bytes)
        #expect(text.split(separator: "\n").dropLast().allSatisfy { $0.utf8.count == 64 })
        #expect(Data(base64Encoded: text.filter { $0 != "\n" }) == Data(bytes))
    }

    @Test func theLineInMemoryBehavesAsTheRealOne() async throws {
        let (a, b) = (Identity.make(), Identity.make())
        let pair = MemoryChannel.pair(master: a, minion: b)
        #expect(pair.minion.peerFingerprint == a.fingerprint && pair.master.peerFingerprint == b.fingerprint)
        try await pair.minion.send(Message(.hello, ["id": "x"]))
        var messages = pair.master.incoming.makeAsyncIterator()
        #expect(try await messages.next(isolation: #isolation) == Message(.hello, ["id": "x"]))
        let large = Message(.facts, ["data": .bytes([UInt8](repeating: 1, count: 2 << 20))])
        try await pair.minion.send(large)
        await #expect(throws: TransportError.self) { _ = try await messages.next(isolation: #isolation) }
        let other = MemoryChannel.pair(master: a, minion: b)
        other.master.allowLargeMessages()
        try await other.minion.send(large)
        var more = other.master.incoming.makeAsyncIterator()
        #expect(try await more.next(isolation: #isolation) == large)
        await other.master.close()
        #expect(try await more.next(isolation: #isolation) == nil)
        await #expect(throws: TransportError.self) { try await other.minion.send(large) }
    }
}
