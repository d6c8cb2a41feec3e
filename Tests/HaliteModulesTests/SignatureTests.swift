import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

/// `signature` of `file.managed`, with keys made here.
@Suite(.timeLimit(.minutes(1)))
struct SignatureTests {
    private let host = LocalHost()
    private let folder = FileManager.default.temporaryDirectory.appending(path: "halite-\(UUID().uuidString)").path()
    private var home: String { folder + "/keys" }

    @Test func onlyWhatTheKeysHaveSignedIsWritten() async throws {
        try await host.makeDirectories(home, FileAttributes(mode: 0o700))
        let (first, second) = (try await makeKey("first"), try await makeKey("second"))
        try await host.write("\(folder)/source", Array("signed\n".utf8), FileAttributes())
        try await gpg("--local-user", first, "--output", "\(folder)/source.sig", "--detach-sign", "\(folder)/source")

        #expect(try await managed(["signed_by_any": [.string(second)]]).result == false)
        #expect(try await managed(["signed_by_all": [.string(first), .string(second)]]).result == false)
        #expect(try await !host.exists("\(folder)/target"), "what is not signed as wanted is not written")
        let written = try await managed(["signed_by_any": [.string(second), .string(first)]])
        #expect(written.result == true, "\(written.comment)")
        #expect(try await host.readText("\(folder)/target") == "signed\n")

        try await host.write("\(folder)/source", Array("forged\n".utf8), FileAttributes())
        let forged = try await managed(["signed_by_any": [.string(first)]])
        #expect(forged.result == false && forged.comment.contains("signature could not be verified"), "\(forged.comment)")
        #expect(try await host.readText("\(folder)/target") == "signed\n")
        _ = try await host.run(Command(["gpgconf", "--homedir", home, "--kill", "gpg-agent"]))
        try FileManager.default.removeItem(atPath: folder)
    }

    private func managed(_ more: ValueMap) async throws -> StateResult {
        var arguments: ValueMap = [
            "name": .string("\(folder)/target"), "source": .string("\(folder)/source"), "signature": .string("\(folder)/source.sig"),
            "gnupghome": .string(home),
        ]
        for (key, value) in more { arguments[key] = value }
        let grains: ValueMap = ["kernel": "Linux", "os_family": "Debian"]
        let services = TestServices(registry: await ModuleRegistry(modules: builtInModules, states: builtInStates, host: host, grains: grains))
        return try await services.state("file.managed", arguments, host: host, grains: grains, test: false)
    }

    private func makeKey(_ name: String) async throws -> String {
        try await gpg("--passphrase", "", "--quick-generate-key", "\(name) <\(name)@example.org>", "ed25519", "sign", "never")
        let listing = try await gpg("--with-colons", "--list-keys", "\(name)@example.org")
        let line = try #require(listing.split(separator: "\n").first { $0.hasPrefix("fpr:") })
        return String(try #require(line.split(separator: ":").last))
    }

    @discardableResult
    private func gpg(_ words: String...) async throws -> String {
        let result = try await host.run(Command(["gpg", "--homedir", home, "--batch", "--no-tty"] + words))
        try #require(result.exitCode == 0, "\(words): \(result.errorText)")
        return result.text
    }
}
