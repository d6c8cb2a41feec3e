import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The signature that a file must have, checked by the host's own `gpg`.
struct SignatureCheck: Sendable {
    /// Where a detached signature lies; nil where it is a part of the file.
    let detached: String?
    let signedByAny: [String]
    let signedByAll: [String]
    let keyring: String?
    let home: String?
    let backend: String

    /// Nil where no signature is asked for.
    init?(_ signature: Value, _ keys: Keys) {
        guard signature.isTruthy else { return nil }
        detached = signature == true ? nil : (signature.listValue?.first ?? signature).pythonString
        (signedByAny, signedByAll) = (Self.fingerprints(keys.any), Self.fingerprints(keys.all))
        (keyring, home, backend) = (keys.keyring, keys.home, keys.backend)
    }

    /// The keys that count, as states name them.
    struct Keys: Sendable {
        var any: Value = .null
        var all: Value = .null
        var keyring: String?
        var home: String?
        var backend = "gpg"
    }

    private static func fingerprints(_ value: Value) -> [String] {
        guard value.isTruthy else { return [] }
        return (value.listValue ?? [value]).map(\.pythonString)
    }

    /// Throws unless the file is signed as wanted.
    func check(_ file: String, _ reader: SourceReader) async throws {
        let host = reader.call.host
        guard backend == "gpg", await host.which("gpg") != nil else {
            throw SourceHash.Invalid(
                description:
                    "Signature verification requires the \(backend) module, which could not be found. Make sure you have the necessary tools and libraries intalled"
            )
        }
        var signature: String?
        if let detached {
            guard let found = try await reader.file(detached) else {
                throw SourceHash.Invalid(description: "Detached signature file \(detached) not found")
            }
            signature = found.localPath
        } else if try await !isWhole(file, host) {
            throw SourceHash.Invalid(description: "The file's signature could not be verified: There is text outside of what is signed.")
        }
        if let problem = problem(try await signers(file, signature, host)) {
            throw SourceHash.Invalid(description: "The file's signature could not be verified: \(problem)")
        }
    }

    /// Whether a signed text has nothing around it: whoever reads the file could not tell that from what is signed.
    private func isWhole(_ file: String, _ host: any Host) async throws -> Bool {
        let text = String(decoding: try await host.read(file), as: UTF8.self).stripped()
        guard let start = text.firstRange(of: "-----BEGIN PGP SIGNED MESSAGE-----") else { return true }
        let ends = text.ranges(of: "-----END PGP SIGNATURE-----")
        return start.lowerBound == text.startIndex && ends.count == 1 && ends[0].upperBound == text.endIndex
    }

    /// The fingerprints of the keys that have signed it well.
    private func signers(_ file: String, _ signature: String?, _ host: any Host) async throws -> Set<String> {
        var words = ["gpg", "--status-fd", "1", "--no-tty", "--batch"]
        if let home { words += ["--homedir", home] }
        if let keyring { words += ["--no-default-keyring", "--keyring", keyring] }
        let result = try await host.run(Command(words + ["--verify", "--"] + [signature, file].compactMap { $0 }))
        var signers: Set<String> = []
        var isGood = false
        for line in result.text.split(separator: "\n") where line.hasPrefix("[GNUPG:] ") {
            let words = line.split(separator: " ").dropFirst()
            switch words.first {
            case "GOODSIG": isGood = true
            case "NEWSIG", "BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG": isGood = false
            // The last word is the primary key's, also where a subkey has signed.
            case "VALIDSIG": if isGood, let key = words.last { signers.insert(String(key)) }
            default: break
            }
        }
        return signers
    }

    private func problem(_ signers: Set<String>) -> String? {
        if signedByAny.isEmpty, signedByAll.isEmpty { return signers.isEmpty ? "The signature could not be verified." : nil }
        if !signedByAny.isEmpty, signers.isDisjoint(with: signedByAny) {
            return "None of the public keys listed in signed_by_any provided a valid signature"
        }
        return signedByAll.first { !signers.contains($0) }.map {
            "Public key \($0) has not provided a valid signature, but was listed in signed_by_all"
        }
    }
}
