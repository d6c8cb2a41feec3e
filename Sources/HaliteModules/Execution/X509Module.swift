import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys, requests and certificates of X.509.
package struct X509Module: ExecutionModule {
    package static let name = "x509"
    package static let summary = "Keys, requests and certificates of X.509."

    private static let passphrase: Parameter<String?> = .optional("passphrase", nil, "Opens the key, where it is encrypted.")
    private static let path: Parameter<String?> = .optional("path", nil, "Write it to this file instead of returning it.")
    private static let raw: Parameter<Bool> = .optional("raw", false, "Return bytes.")
    private static let encoding: Parameter<String> = .optional("encoding", "pem", "pem or der.")
    private static let certificate: Parameter<Value> = .required("certificate", "The certificate: a path or its text.")
    private static let options: Parameter<ValueMap> = .keywords("kwargs", "The subject (C, ST, L, O, OU, CN ...), extensions and what Salt's documentation lists.")

    package static let functions: [Function] = [
        Function(
            "create_private_key", "Make a private key.", .optional("algo", "rsa", "rsa, ec or ed25519."),
            .optional("keysize", nil as Int?, "Bits, for rsa and ec."), passphrase, .optional("encoding", "pem", "pem, der or pkcs12."),
            .optional("pkcs12_encryption_compat", false, "The old encryption of PKCS#12."), path, raw, .keywords("kwargs", "bits, the old name of keysize."),
            example: "halite '*' x509.create_private_key algo=ed25519", body: createPrivateKey),
        Function(
            "encode_private_key", "Write a private key in another form.", .required("private_key", "The key."), .optional("encoding", "pem", "pem, der or pkcs12."), passphrase,
            .optional("private_key_passphrase", nil as String?, "Opens the key that is there."),
            .optional("pkcs12_encryption_compat", false, "The old encryption of PKCS#12."), raw, body: encodePrivateKey),
        Function(
            "create_certificate", "Make a certificate.", .optional("ca_server", nil as String?, "A minion that signs."),
            .optional("signing_policy", nil as String?, "The policy to keep to."), .optional("encoding", "pem", "pem, der, pkcs7_pem, pkcs7_der or pkcs12."),
            .optional("append_certs", .null as Value, "Certificates to append."), path, .optional("overwrite", true, "Replace the file at the path."), raw, options,
            body: createCertificate),
        Function(
            "encode_certificate", "Write a certificate in another form.", certificate, .optional("encoding", "pem", "pem, der, pkcs7_pem, pkcs7_der or pkcs12."),
            .optional("append_certs", .null as Value, "Certificates to append."), .optional("private_key", .null as Value, "The key, for pkcs12."), raw, body: encode),
        Function(
            "create_csr", "Make a request for a certificate.", .required("private_key", "The key."),
            .optional("private_key_passphrase", nil as String?, "Opens the key."), .optional("digest", "sha256", "The digest of the signature."), encoding, path, raw, options,
            body: createRequest),
        Function("encode_csr", "Write a request in another form.", .required("csr", "The request."), encoding, raw, body: encodeRequest),
        Function("read_certificate", "Return what a certificate says.", certificate, example: "halite '*' x509.read_certificate /etc/pki/web.crt") { call, given in
            try X509Text.describe(try await Material(host: call.host).certificate(given), fips: call.services.options["fips_mode"]?.isTruthy == true)
        },
        Function("read_certificates", "Return what the certificates of a pattern say.", .required("glob_path", "The pattern.")) { call, pattern in
            var found = ValueMap()
            for path in try await paths(call, pattern) {
                found[path] = .map(try X509Text.describe(try await Material(host: call.host).certificate(.string(path)), fips: false))
            }
            return found
        },
        Function("read_csr", "Return what a request says.", .required("csr", "The request.")) { call, given in
            try X509Text.describe(try await Material(host: call.host).request(given).request)
        },
        Function("expires", "Whether a certificate has ended, or will within some days.", certificate, .optional("days", 0, "How many days ahead.")) { call, given, days in
            try await expires(call, given, days)
        },
        Function("expired", "Return the common name of a certificate and whether it has ended.", certificate) { call, given in
            var found = try await named(call, given)
            found["expired"] = .bool(try await expires(call, given, 0))
            return found
        },
        Function("will_expire", "Return whether a certificate ends within some days.", certificate, .required("days", "How many days ahead.")) { call, given, days in
            var found: ValueMap = ["check_days": .int(days)]
            for (key, value) in try await named(call, given) { found[key] = value }
            found["will_expire"] = .bool(try await expires(call, given, days))
            return found
        },
        Function("get_pem_entry", "Return an entry in good order.", .required("text", "The entry, or a path."), .optional("pem_type", nil as String?, "Its type.")) { call, text, type in
            try await entry(call, text, type)
        },
        Function("get_pem_entries", "Return the entries in the files of a pattern.", .required("glob_path", "The pattern.")) { call, pattern in
            var found = ValueMap()
            for path in try await paths(call, pattern) {
                do { found[path] = .string(try await entry(call, .string(path), nil)) } catch is NotText { continue }
            }
            return found
        },
        Function("get_private_key_size", "Return the bits of a private key.", .required("private_key", "The key."), passphrase) { call, given, passphrase in
            let size = try await Material(host: call.host).privateKey(given, passphrase: passphrase).key.publicKey.size
            return size.map(Value.int) ?? Value.null
        },
        Function(
            "get_public_key", "Return the public key of a key, a certificate or a request.", .required("key", "Where it is."), passphrase,
            .optional("asObj", .null as Value, "Has no effect.")
        ) { call, given, passphrase, _ in try await publicKey(call, given, passphrase).pem },
        Function("get_signing_policy", "Return a signing policy.", .required("signing_policy", "Its name."), .optional("ca_server", nil as String?, "The minion that has it.")) { call, name, server in
            try await policy(call, name, server: server)
        },
        Function(
            "verify_private_key", "Whether a private key belongs to a public one.", .required("private_key", "The private key."),
            .required("public_key", "Where the public key is."), passphrase
        ) { call, key, other, passphrase in
            let own = try await Material(host: call.host).privateKey(key, passphrase: passphrase).key.publicKey
            return try await own == publicKey(call, other, nil)
        },
        Function(
            "verify_signature", "Whether a certificate was signed by a key.", certificate, .optional("signing_pub_key", .null as Value, "Where the key is; else its own."),
            .optional("signing_pub_key_passphrase", nil as String?, "Opens that key.")
        ) { call, given, key, passphrase in
            let found = try await Material(host: call.host).certificate(given)
            return try found.signed.isSigned(by: try await publicKey(call, key.isTruthy ? key : given, passphrase))
        },
        Function(
            "write_pem", "Write an entry in good order to a file.", .required("text", "The entry."), .required("path", "The file."),
            .optional("overwrite", true, "False keeps a private key and parameters that are there."), .optional("pem_type", nil as String?, "Its type."), body: writePEM),
    ].map { $0.explaining(X509Text.worded) }

    // MARK: - Private keys

    private static func createPrivateKey(
        _ call: CallContext, algorithm: String, size: Int?, passphrase: String?, encoding: String, isCompatible: Bool, path: String?, raw: Bool, more: ValueMap
    ) async throws -> Value {
        let unknown = more.keys.filter { !["bits", "cipher", "verbose", "text"].contains($0.pythonString) && !$0.pythonString.hasPrefix("_") }
        if !unknown.isEmpty { throw ExecutionError("Unrecognized keyword arguments: \(Value.list(unknown).pythonRepr)") }
        try check(encoding, ["der", "pem", "pkcs12"])
        let key = try PrivateKey.generate(algorithm, size: more["bits"]?.intValue ?? size)
        let bytes = try X509Text.encode(key, encoding, passphrase)
        guard let path else { return X509Text.output(bytes, encoding, raw: raw) }
        if encoding == "pem" { return .string(try await writePEM(call, text: .string(String(decoding: bytes, as: UTF8.self)), path: path, overwrite: true, type: nil)) }
        // Salt writes it for all to read here; a key is nobody else's business.
        try await call.host.write(path, bytes, FileAttributes(mode: 0o600))
        return .null
    }

    private static func encodePrivateKey(
        _ call: CallContext, key: Value, encoding: String, passphrase: String?, oldPassphrase: String?, isCompatible: Bool, raw: Bool
    ) async throws -> Value {
        try check(encoding, ["der", "pem", "pkcs12"])
        let found = try await Material(host: call.host).privateKey(key, passphrase: oldPassphrase).key
        return X509Text.output(try X509Text.encode(found, encoding, passphrase), encoding, raw: raw)
    }

    static func check(_ encoding: String, _ known: [String]) throws {
        if !known.contains(encoding) { throw ExecutionError("Invalid value '\(encoding)' for encoding. Valid: \(known.joined(separator: ", "))") }
    }

    // MARK: - Certificates

    static let encodings = ["der", "pem", "pkcs7_der", "pkcs7_pem", "pkcs12"]

    private static func createCertificate(
        _ call: CallContext, server: String?, policyName: String?, encoding: String, appended: Value, path: String?, overwrite: Bool, raw: Bool, given: ValueMap
    ) async throws -> Value {
        let found = try await makeCertificate(call, server: server, policyName: policyName, encoding: encoding, appended: appended, given: given) {
            if let path, !overwrite, try await call.host.isFile(path) { return "The file at \(path) exists and overwrite was set to false" }
            return nil
        }
        switch found {
        case .refused(let text): return .string(text)
        case .made(let certificate):
            let bytes = try await encoded(call, certificate, encoding, appended)
            guard let path else { return X509Text.output(bytes, encoding, raw: raw) }
            if encoding == "pem" {
                return .string(try await writePEM(call, text: .string(String(decoding: bytes, as: UTF8.self)), path: path, overwrite: overwrite, type: "CERTIFICATE"))
            }
            try await call.host.write(path, bytes, FileAttributes())
            return .string("Certificate written to \(path)")
        }
    }

    enum Outcome { case refused(String), made(Certificate) }

    static func makeCertificate(
        _ call: CallContext, server: String?, policyName: String?, encoding: String, appended: Value, given: ValueMap,
        refusal: () async throws -> String? = { nil }
    ) async throws -> Outcome {
        var options = CertificateOptions.modern(given)
        if let old = options.removeValue(forKey: "algorithm") { options["digest"] = old }
        if options["days_valid"]?.isNull != false, options["not_after"]?.isNull != false { options["days_valid"] = 365 }
        try check(encoding, encodings)
        try SignatureHash.check(options["digest"]?.stringValue ?? "sha256")
        if encoding == "der", appended.isTruthy { throw ExecutionError("Cannot encode a certificate chain in DER") }
        if options["signing_private_key"] == nil, server == nil {
            throw ExecutionError("Creating a certificate locally at least requires a signing private key.")
        }
        if let text = try await refusal() { return .refused(text) }
        if server != nil {
            guard policyName != nil else { throw ExecutionError("signing_policy must be specified to request a certificate from a remote ca_server") }
            throw remote
        }
        options = CertificateOptions.merge(try await policy(call, policyName, server: nil), into: options)
        let plan = try await CertificatePlan(options, Material(host: call.host))
        let certificate = try plan.sign(options["digest"]?.stringValue ?? "sha256")
        if let folder = options["copypath"]?.stringValue, !folder.isEmpty {
            let prefix = options["prepend_cn"]?.isTruthy == true ? certificate.subject.commonName.map { $0 + "-" } ?? "" : ""
            let digits = HexText.plain(certificate.serial).lowercased().drop { $0 == "0" }
            _ = try await writePEM(
                call, text: .string(certificate.pem), path: Path.join(folder, prefix.replacing("/", with: "_") + digits + ".crt"), overwrite: true, type: "CERTIFICATE")
        }
        return .made(certificate)
    }

    static let remote = ExecutionError("ca_server did not respond. Salt master must permit peers to call the sign_remote_certificate function.")

    private static func encode(_ call: CallContext, given: Value, encoding: String, appended: Value, key: Value, raw: Bool) async throws -> Value {
        try check(encoding, encodings)
        if encoding == "der", appended.isTruthy { throw ExecutionError("Cannot encode a certificate chain in DER") }
        if encoding != "pkcs12", key.isTruthy { throw ExecutionError("Embedding private keys is only supported for pkcs12 encoding") }
        let certificate = try await Material(host: call.host).certificate(given)
        return X509Text.output(try await encoded(call, certificate, encoding, appended), encoding, raw: raw)
    }

    /// The bytes of a certificate with those that follow it.
    static func encoded(_ call: CallContext, _ certificate: Certificate, _ encoding: String, _ appended: Value) async throws -> [UInt8] {
        var chain = [certificate]
        for item in appended.isTruthy ? appended.listValue ?? [appended] : [] { chain.append(try await Material(host: call.host).certificate(item)) }
        switch encoding {
        case "pem": return Array(chain.map(\.pem).joined(separator: "\n").utf8)
        case "der": return certificate.der
        case "pkcs7_der": return try Material.bundle(chain)
        case "pkcs7_pem": return Array(PEM.encode("PKCS7", try Material.bundle(chain)).utf8)
        default: throw X509Text.noContainer
        }
    }

    /// A policy by its name, from the pillar or the configuration.
    static func policy(_ call: CallContext, _ name: String?, server: String?) async throws -> ValueMap {
        if server != nil { throw remote }
        guard let name else { return [:] }
        var found = CallContext.traverse(.map(call.pillar), "x509_signing_policies")?.mapValue?[name] ?? .null
        if !found.isTruthy { found = try await call.call("config.get", "x509_signing_policies", [:]).mapValue?[name] ?? .null }
        guard let list = found.listValue else { return CertificateOptions.modern(found.mapValue ?? [:]) }
        var merged = ValueMap()
        for item in list { for (key, value) in item.mapValue ?? [:] { merged[key] = value } }
        return CertificateOptions.modern(merged)
    }

    // MARK: - Requests

    private static func createRequest(
        _ call: CallContext, key: Value, passphrase: String?, digest: String, encoding: String, path: String?, raw: Bool, given: ValueMap
    ) async throws -> Value {
        var options = CertificateOptions.modern(given)
        let digest = options.removeValue(forKey: "algorithm")?.stringValue ?? digest
        try check(encoding, ["der", "pem"])
        try SignatureHash.check(digest)
        let plan = try await RequestPlan(options, key: key, passphrase: passphrase, Material(host: call.host))
        let request = try plan.sign(digest)
        guard let path else { return X509Text.output(encoding == "pem" ? Array(request.pem.utf8) : request.der, encoding, raw: raw) }
        if encoding == "pem" { return .string(try await writePEM(call, text: .string(request.pem), path: path, overwrite: true, type: "CERTIFICATE REQUEST")) }
        try await call.host.write(path, request.der, FileAttributes())
        return .string("CSR written to \(path)")
    }

    private static func encodeRequest(_ call: CallContext, given: Value, encoding: String, raw: Bool) async throws -> Value {
        try check(encoding, ["der", "pem"])
        let request = try await Material(host: call.host).request(given).request
        return X509Text.output(encoding == "pem" ? Array(request.pem.utf8) : request.der, encoding, raw: raw)
    }

    // MARK: - Looking

    private static func expires(_ call: CallContext, _ given: Value, _ days: Int) async throws -> Bool {
        try await Material(host: call.host).certificate(given).notAfter <= CertificatePlan.now + CertificatePlan.seconds(days: Double(days))
    }

    private static func named(_ call: CallContext, _ given: Value) async throws -> ValueMap {
        let material = Material(host: call.host)
        var found = ValueMap()
        if await material.isFile(given) { found["path"] = given }
        if let name = try await material.certificate(given).subject.commonName { found["cn"] = .string(name) }
        return found
    }

    private static func entry(_ call: CallContext, _ text: Value, _ type: String?) async throws -> String {
        let bytes = try await Material(host: call.host).bytes(text)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw NotText() }
        return try PEM.entry(text, type: type)
    }

    private struct NotText: Error, CustomStringConvertible {
        var description: String { "The data is not the text of a PEM entry: it is not UTF-8" }
    }

    /// The files of a pattern in the last part of a path.
    private static func paths(_ call: CallContext, _ pattern: String) async throws -> [String] {
        let found = try await call.call("file.find", .string(Path.parent(pattern) ?? "/"), keywords: ["name": .string(Path.name(pattern)), "maxdepth": 1, "type": "f"])
        return (found.listValue ?? []).compactMap(\.stringValue)
    }

    private static func publicKey(_ call: CallContext, _ given: Value, _ passphrase: String?) async throws -> PublicKey {
        let material = Material(host: call.host)
        if let key = try? await material.publicKey(given) { return key }
        if let found = try? await material.certificate(given) { return found.publicKey }
        do {
            return try await material.privateKey(given, passphrase: passphrase).key.publicKey
        } catch is Material.Unreadable {
            if let found = try? await material.request(given).request { return found.publicKey }
            throw ExecutionError("Could not load key as certificate, public key, private key or CSR")
        }
    }

    private static func writePEM(_ call: CallContext, text: Value, path: String, overwrite: Bool, type: String?) async throws -> String {
        let own = try await entry(call, text, type)
        var (before, after) = ("", "")
        if type == "CERTIFICATE", !overwrite, let old = await call.host.readTextIfPresent(path) {
            after = (try? PEM.entry(old, type: "DH PARAMETERS")) ?? ""
            before = (try? PEM.entry(old, type: "(?:RSA )?PRIVATE KEY")) ?? ""
        }
        // Salt's umask: a new file is for its owner alone, one that is there keeps its mode.
        let mode = try await call.host.status(path) == nil ? 0o600 : nil
        try await call.host.write(path, Array((before + own + after).utf8), FileAttributes(mode: mode))
        return "PEM written to \(path)"
    }
}

/// A request that is wanted: everything but the signature.
struct RequestPlan: Sendable {
    let key: PrivateKey
    let subject: DistinguishedName
    let extensions: [CertificateExtension]

    init(_ options: ValueMap, key given: Value, passphrase: String?, _ material: Material) async throws {
        key = try await material.privateKey(given, passphrase: passphrase).key
        subject = try DistinguishedName(options["subject"].flatMap { $0.isTruthy ? $0 : nil } ?? .map(options))
        let maker = ExtensionMaker(subjectKey: try key.publicKey)
        extensions = try CertificateExtension.ofCertificates.filter { !CertificateExtension.notInRequests.contains($0.0) }.compactMap { name, _ in
            try options[name].map { try maker.make(name, $0) }
        }
    }

    func sign(_ digest: String) throws -> CertificateRequest { try CertificateRequest.make(subject, extensions, key, digest: digest) }
}
