import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys, requests and certificates of X.509 as files.
package struct X509State: StateModule {
    package static let name = "x509"
    package static let summary = "Keys, requests and certificates of X.509 as files."

    private static let path: Parameter<String> = .required("name", "The file.")
    private static let digest: Parameter<String> = .optional("digest", "sha256", "The digest of the signature.")
    private static let options: Parameter<ValueMap> = .keywords("kwargs", "The subject, extensions and what file.managed takes.")

    package static let functions: [StateFunction] = [
        StateFunction(
            "private_key_managed", "A private key is there.", path, .optional("algo", "rsa", "rsa, ec or ed25519."),
            .optional("keysize", nil as Int?, "Bits, for rsa and ec."), .optional("passphrase", nil as String?, "Encrypts the key."),
            .optional("encoding", "pem", "pem or der."), .optional("new", false, "Make a new key each time."),
            .optional("overwrite", false, "Replace a file that cannot be read as such a key."),
            .optional("pkcs12_encryption_compat", false, "The old encryption of PKCS#12."), .keywords("kwargs", "What file.managed takes."), body: privateKey),
        StateFunction(
            "certificate_managed", "A certificate is there and lasts.", path, .optional("days_remaining", 90, "Renew it when it ends within so many days."),
            .optional("ca_server", nil as String?, "A minion that signs."), .optional("signing_policy", nil as String?, "The policy to keep to."),
            .optional("encoding", "pem", "pem, der, pkcs7_pem or pkcs7_der."), .optional("append_certs", .null as Value, "Certificates to append."), digest,
            .optional("serial_number", .null as Value, "Its number; else a random one."), options, body: certificate),
        StateFunction(
            "csr_managed", "A request for a certificate is there.", path, .required("private_key", "The key."),
            .optional("private_key_passphrase", nil as String?, "Opens the key."), digest, .optional("encoding", "pem", "pem or der."), options, body: request),
        StateFunction("pem_managed", "A file holds an entry in good order.", path, .required("text", "The entry."), .keywords("kwargs", "What file.managed takes."), body: pem),
    ]

    // MARK: - Private keys

    private static func privateKey(
        _ state: StateContext, name: String, algorithm: String, givenSize: Int?, passphrase: String?, encoding: String, isNew: Bool, overwrites: Bool,
        isCompatible: Bool, more: ValueMap
    ) async throws -> StateResult {
        var more = more
        let size = more.removeValue(forKey: "bits")?.intValue ?? givenSize
        for old in ["cipher", "verbose", "text"] { more.removeValue(forKey: old) }
        var file = try ManagedMaterial(state, name, "private key", more, encoding: encoding)
        try file.refuseOthers()
        if file.arguments["mode"]?.isTruthy != true { file.arguments["mode"] = "0400" }
        return try await file.managed { file, found in
            if size != nil, ["ed25519", "ed448"].contains(algorithm) { throw ExecutionError("keysize is an invalid parameter for \(algorithm)") }
            var current: PrivateKey?
            if let path = found.path, !isNew {
                do {
                    let key = try await file.material.privateKey(.string(path), passphrase: passphrase)
                    current = key.key
                    if key.encoding != encoding { found.changes["encoding"] = .string(encoding) }
                } catch Material.PassphraseTrouble.superfluous {
                    found.changes["passphrase"] = true
                    let key = try await file.material.privateKey(.string(path))
                    current = key.key
                    if key.encoding != encoding { found.changes["encoding"] = .string(encoding) }
                } catch let trouble as Material.PassphraseTrouble {
                    guard overwrites else {
                        throw ExecutionError(
                            trouble == .wrong
                                ? "The provided passphrase cannot decrypt the private key. Pass overwrite: true to force regeneration"
                                : "The existing file is encrypted. Pass overwrite: true to force regeneration without passphrase")
                    }
                    found.changes["passphrase"] = true
                } catch is Material.Unreadable {
                    guard overwrites else {
                        throw ExecutionError(
                            "The existing file does not seem to be a private key formatted as DER, PEM or embedded in PKCS12. "
                                + "Pass overwrite: true to force regeneration")
                    }
                }
            }
            if let key = try current?.publicKey {
                let wanted = size ?? (algorithm == "rsa" ? 2048 : 256)
                if ["rsa", "ec", "ed25519", "ed448"].contains(algorithm), key.kind != algorithm {
                    found.changes["algo"] = .string(algorithm)
                } else if ["rsa", "ec"].contains(algorithm), key.size != wanted {
                    found.changes["keysize"] = .int(wanted)
                }
            } else {
                found.changes[found.path != nil && isNew ? "replaced" : "created"] = .string(name)
            }
            found.isKnown = found.path != nil
            let kept = current
            return { [changes = found.changes] in
                let keeps = changes.keys.allSatisfy { ["encoding", "passphrase"].contains($0.pythonString) }
                try X509Module.check(encoding, ["der", "pem", "pkcs12"])
                let key = if keeps, let kept { kept } else { try PrivateKey.generate(algorithm, size: size) }
                return try X509Text.encode(key, encoding, passphrase)
            }
        }
    }

    // MARK: - Certificates

    private static func certificate(
        _ state: StateContext, name: String, remaining: Int, server: String?, policyName: String?, encoding: String, appended: Value, digest: String,
        serial: Value, more: ValueMap
    ) async throws -> StateResult {
        var more = CertificateOptions.modern(more)
        let digest = more.removeValue(forKey: "algorithm")?.stringValue ?? digest
        let file = try ManagedMaterial(state, name, "certificate", more, encoding: encoding)
        var options = file.others
        options["digest"] = .string(digest)
        options["serial_number"] = serial
        // A policy may bring the key.
        if options["signing_private_key"] == nil { options["signing_private_key"] = .null }
        if options["days_valid"]?.isNull != false, options["not_after"]?.isNull != false { options["days_valid"] = 365 }
        let wanted = options
        return try await file.managed { file, found in
            var current: Certificate?
            if let path = found.path {
                let policy = try await X509Module.policy(state.call, policyName, server: server)
                do {
                    let read = try await file.material.certificates(.string(path))
                    current = read.certificate
                    if read.encoding != encoding { found.changes["encoding"] = .string(encoding) }
                    if read.certificate.notAfter < CertificatePlan.now + CertificatePlan.seconds(days: Double(remaining)) { found.changes["expiration"] = true }
                    var chain: [Certificate] = []
                    for item in appended.isTruthy ? appended.listValue ?? [appended] : [] { chain.append(try await file.material.certificate(item)) }
                    if read.chain.map(\.der) != chain.map(\.der) { found.changes["additional_certs"] = true }
                } catch let error as Material.Unreadable {
                    guard error.description.contains("Could not deserialize binary data") || error.description.contains("Could not load PEM-encoded"), current == nil else { throw error }
                    found.replaces = true
                }
                if let current {
                    let merged = CertificateOptions.merge(policy, into: wanted)
                    let plan = try await CertificatePlan(merged, file.material)
                    if current.signed.differs(from: merged["digest"]?.stringValue ?? "sha256") { found.changes["digest"] = .string(digest) }
                    for (key, value) in try plan.differences(current, serialNumber: serial) { found.changes[key] = value }
                }
            } else {
                found.changes["created"] = .string(name)
            }
            found.isKnown = current != nil
            let kept = current
            return { [changes = found.changes] in
                let keeps = !changes.isEmpty && changes.keys.allSatisfy { ["additional_certs", "encoding"].contains($0.pythonString) }
                if keeps, let kept { return try await X509Module.encoded(state.call, kept, encoding, appended) }
                let made = try await X509Module.makeCertificate(
                    state.call, server: server, policyName: policyName, encoding: encoding, appended: appended, given: wanted)
                guard case .made(let certificate) = made else { return [] }
                return try await X509Module.encoded(state.call, certificate, encoding, appended)
            }
        }
    }

    // MARK: - Requests

    private static func request(
        _ state: StateContext, name: String, key: Value, passphrase: String?, digest: String, encoding: String, more: ValueMap
    ) async throws -> StateResult {
        var more = CertificateOptions.modern(more)
        let digest = more.removeValue(forKey: "algorithm")?.stringValue ?? digest
        let file = try ManagedMaterial(state, name, "certificate signing request", more, encoding: encoding)
        return try await file.managed { file, found in
            var current: CertificateRequest?
            if let path = found.path {
                do {
                    let read = try await file.material.request(.string(path))
                    current = read.request
                    if read.request.signed.differs(from: digest) { found.changes["digest"] = .string(digest) }
                    if read.encoding != encoding { found.changes["encoding"] = .string(encoding) }
                    let plan = try await RequestPlan(file.others, key: key, passphrase: passphrase, file.material)
                    if try plan.key.publicKey != read.request.publicKey { found.changes["private_key"] = true }
                    if plan.subject != read.request.subject { found.changes["subject_name"] = .string(plan.subject.text) }
                    if let differences = CertificateExtension.differences(read.request.extensions, plan.extensions) { found.changes["extensions"] = .map(differences) }
                } catch let error as Material.Unreadable {
                    guard current == nil else { throw error }
                    found.replaces = true
                }
            } else {
                found.changes["created"] = .string(name)
            }
            found.isKnown = current != nil
            let kept = current
            return { [changes = found.changes] in
                try X509Module.check(encoding, ["der", "pem"])
                try SignatureHash.check(digest)
                let keeps = !changes.isEmpty && changes.keys.allSatisfy { $0 == "encoding" }
                let request =
                    if keeps, let kept { kept } else { try await RequestPlan(file.others, key: key, passphrase: passphrase, file.material).sign(digest) }
                return encoding == "pem" ? Array(request.pem.utf8) : request.der
            }
        }
    }

    // MARK: - Entries

    private static func pem(_ state: StateContext, name: String, text: Value, more: ValueMap) async throws -> StateResult {
        let file = try ManagedMaterial(state, name, "", more, encoding: "pem")
        try file.refuseOthers()
        do {
            let entry = try PEM.entry(String(decoding: try await file.material.bytes(text), as: UTF8.self), type: nil)
            return try await file.place(Array(entry.utf8), test: state.call.test)
        } catch {
            guard let worded = X509Text.worded(error) as? ExecutionError else { throw error }
            return state.failed("\(worded)")
        }
    }
}
