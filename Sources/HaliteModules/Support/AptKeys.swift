import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The keys that sign repositories of apt: in files of their own, or in the keeping of `apt-key` where a host still has it.
enum AptKeys {
    static let functions: [Function] = [
        Function("get_repo_keys", "Return the keys of repositories.", tool, folder) { (call: CallContext, aptkey: Bool, folder: String?) async throws -> Value in
            let usesTool = try await hasTool(call, aptkey)
            return try await list(call, usesTool: usesTool, folder).map { .map($0) } ?? false
        },
        Function("add_repo_key", "Add the key of a repository.", AddSettings.self, example: "halite '*' pkg.add_repo_key salt://apt/example.asc aptkey=False", body: add),
        Function(
            "del_repo_key", "Remove the key of a repository.", .optional("name", nil as String?, "The repository, as ppa:OWNER/NAME."), tool, folder,
            .keywords("kwargs", "keyid: the key; keyid_ppa: look it up at Launchpad."), example: "halite '*' pkg.del_repo_key keyid=F6ECB3762474EDA9", body: delete),
    ]

    private static let tool: Parameter<Bool> = .optional("aptkey", true, "Use apt-key where the host has it.")
    private static let folder: Parameter<String?> = .optional("keydir", nil, "The folder of the keys' files; /etc/apt/keyrings when left out.")
    private static let usual = "/etc/apt/keyrings"

    struct AddSettings: ArgumentGroup {
        var path: String?
        var text: String?
        var keyserver: String?
        var keyid: String?
        var saltenv = "base"
        var aptkey = true
        var keydir: String?
        var keyfile: String?

        static let fields: [ArgumentField<AddSettings>] = [
            .field("path", \.path, "The file of the key."), .field("text", \.text, "The key itself."),
            .field("keyserver", \.keyserver, "The server to ask for it."), .field("keyid", \.keyid, "Its id."),
            .field("saltenv", \.saltenv, "The environment of the file."), .field("aptkey", \.aptkey, "Use apt-key where the host has it."),
            .field("keydir", \.keydir, "The folder of the keys' files; /etc/apt/keyrings when left out."),
            .field("keyfile", \.keyfile, "The name of the file to keep it in."),
        ]
    }

    private static func hasTool(_ call: CallContext, _ wanted: Bool) async throws -> Bool {
        wanted ? await call.host.which("apt-key") != nil : false
    }

    static func proxy(_ call: CallContext) async throws -> String? {
        func option(_ name: String) -> String? { call.services.options[.string(name)].flatMap { $0.isTruthy ? $0.pythonString : nil } }
        guard let host = option("proxy_host"), let port = option("proxy_port") else { return nil }
        guard let user = option("proxy_username"), let password = option("proxy_password") else { return "http://\(host):\(port)" }
        return "http://\(user):\(password)@\(host):\(port)"
    }

    // MARK: - Looking

    /// Nil when the folder is not there.
    private static func list(_ call: CallContext, usesTool: Bool, _ folder: String?) async throws -> ValueMap? {
        if usesTool {
            let words = ["--batch", "--list-public-keys", "--with-fingerprint", "--with-fingerprint", "--with-colons", "--fixed-list-mode"]
            let result = try await PkgApt.apt(call, ["apt-key", "adv"] + words)
            guard result.succeeded else { throw ExecutionError("apt-key failed to list keys: \(result.errorText)") }
            return parse(result.text)
        }
        let folder = folder ?? usual
        guard try await call.host.isDirectory(folder) else { return nil }
        var texts: [String] = []
        for name in try await call.host.list(folder) { texts.append(try await keys(call, Path.join(folder, name))) }
        return parse(texts.joined(separator: " "))
    }

    private static func keys(_ call: CallContext, _ file: String) async throws -> String {
        try await call.host.run("gpg", "--no-default-keyring", "--keyring", file, "--list-keys", "--with-colons").text
    }

    /// Records of gpg with colons between their fields.
    private static func parse(_ text: String) -> ValueMap {
        var keys: [ValueMap] = []
        for line in PythonLines.split(text) where !line.stripped().isEmpty {
            let fields = line.parts(":").map { field -> Value in
                let word = field.stripped()
                return word.isEmpty ? .null : Int(word).map { .int($0) } ?? .string(word)
            }
            func field(_ index: Int) -> Value { index < fields.count ? fields[index] : .null }
            switch fields[0] {
            case "pub", "sub":
                let key: ValueMap = [
                    "algorithm": field(3), "bits": field(2), "capability": field(11), "date_creation": field(5), "date_expiration": field(6),
                    "keyid": .string(field(4).pythonString), "validity": field(1),
                ]
                if fields[0] == "pub" { keys.append(key) } else if !keys.isEmpty { keys[keys.count - 1]["subkey"] = .map(key) }
            case "fpr" where !keys.isEmpty:
                if var sub = keys[keys.count - 1]["subkey"]?.mapValue {
                    sub["fingerprint"] = field(9)
                    keys[keys.count - 1]["subkey"] = .map(sub)
                } else {
                    keys[keys.count - 1]["fingerprint"] = field(9)
                }
            case "uid" where !keys.isEmpty:
                keys[keys.count - 1]["uid"] = field(9)
                keys[keys.count - 1]["uid_hash"] = field(7)
            default: break
            }
        }
        return ValueMap(keys.map { ($0["keyid"] ?? .null, .map($0)) })
    }

    // MARK: - Adding

    private static func add(_ call: CallContext, _ settings: AddSettings) async throws -> Bool {
        let usesTool = try await hasTool(call, settings.aptkey)
        let folder = settings.keydir ?? usual
        if !settings.aptkey { try await call.host.makeDirectories(folder, FileAttributes(mode: 0o755)) }
        if let id = settings.keyid, !id.isEmpty, let known = try await list(call, usesTool: usesTool, folder), known.contains(where: { $0.key.pythonString.hasSuffix(id) }) {
            return true
        }
        if let path = settings.path, !path.isEmpty {
            let kept = try await call.call("cp.cache_file", .string(path), .string(settings.saltenv))
            guard let kept = kept.stringValue, !kept.isEmpty else { return false }
            if usesTool { return try await PkgApt.apt(call, ["apt-key", "add", kept], isScoped: true).succeeded }
            try await keep(call, kept, as: Path.join(folder, settings.keyfile ?? Path.name(kept)))
            return true
        }
        if let text = settings.text, !text.isEmpty {
            return try await PkgApt.apt(call, ["apt-key", "add", "-"], isScoped: true, input: text).succeeded
        }
        guard let server = settings.keyserver, !server.isEmpty else {
            if let id = settings.keyid, !id.isEmpty { throw ExecutionError("No keyserver specified for keyid: \(id)") }
            throw ExecutionError("add_repo_key() takes at least 1 argument (0 given)")
        }
        guard let id = settings.keyid, !id.isEmpty else { throw ExecutionError("No keyid or keyid too short for keyserver: \(server)") }
        if usesTool { return try await PkgApt.apt(call, ["apt-key", "adv", "--batch", "--keyserver", server, "--recv", id], isScoped: true).succeeded }
        guard let file = settings.keyfile else { return false }
        let path = Path.join(folder, file)
        let words = ["gpg", "--no-default-keyring", "--keyring", path, "--keyserver", server, "--recv-keys", id]
        guard try await PkgApt.apt(call, words, isScoped: true).succeeded else { return false }
        try await call.host.setAttributes(path, FileAttributes(mode: 0o644))
        return true
    }

    /// Armour is taken off, but for files whose name says that they have it.
    private static func keep(_ call: CallContext, _ source: String, as target: String) async throws {
        let bytes = try await LocalHost().read(source)
        let isArmoured = String(decoding: bytes.prefix(40), as: UTF8.self).trimmed("-").hasPrefix("BEGIN PGP")
        guard isArmoured, !target.hasSuffix(".asc") else { return try await call.host.write(target, bytes, FileAttributes(mode: 0o644)) }
        var command = Command(["gpg", "--yes", "--output", target, "--dearmor"])
        command.standardInput = bytes
        let result = try await call.host.run(command)
        guard result.succeeded else { throw ExecutionError("Failed to decrypt the key \(source): \(result.errorText)") }
        try await call.host.setAttributes(target, FileAttributes(mode: 0o644))
    }

    // MARK: - For a repository

    /// Brings the key that the arguments of `pkg.mod_repo` name.
    static func place(_ call: CallContext, _ options: ValueMap, saltenv: String, keyring: String, usesTool: Bool) async throws {
        let (folder, file) = (keyring.isEmpty ? nil : Path.parent(keyring), keyring.isEmpty ? nil : Path.name(keyring))
        if let ids = options["keyid"] {
            guard ids.isTruthy, let server = options["keyserver"]?.stringValue, !server.isEmpty else {
                throw ExecutionError("both keyserver and keyid options required.")
            }
            for id in ids.listValue ?? [ids] { try await receive(call, keyID(id), server, folder, file, usesTool: usesTool) }
        } else if let url = options["key_url"]?.stringValue {
            guard let kept = try await call.call("cp.cache_file", .string(url), .string(saltenv)).stringValue, !kept.isEmpty else {
                throw ExecutionError("Error: file not found: \(url)")
            }
            if usesTool {
                let result = try await PkgApt.apt(call, ["apt-key", "add", kept])
                guard result.text.uppercased().hasPrefix("OK") else { throw ExecutionError("Error: failed to add key from \(url)") }
            } else {
                let folder = folder ?? usual
                try await call.host.makeDirectories(folder, FileAttributes(mode: 0o755))
                try await keep(call, kept, as: Path.join(folder, file ?? Path.name(kept)))
            }
        } else if let text = options["key_text"]?.stringValue {
            let result = try await PkgApt.apt(call, ["apt-key", "add", "-"], input: text)
            guard result.text.uppercased().hasPrefix("OK") else { throw ExecutionError("Error: failed to add key:\n\(text)") }
        }
    }

    /// YAML reads an id of digits as a number.
    private static func keyID(_ id: Value) -> String {
        if case .int(let number) = id { return "0x" + String(number, radix: 16) }
        return id.pythonString
    }

    private static func receive(
        _ call: CallContext, _ id: String, _ server: String, _ folder: String?, _ file: String?, usesTool: Bool
    ) async throws {
        if usesTool {
            if try await PkgApt.apt(call, ["apt-key", "export", id]).text.hasPrefix("-----BEGIN PGP") { return }
        } else if try await list(call, usesTool: false, folder)?[id] != nil {
            return
        }
        if usesTool {
            let result = try await PkgApt.apt(call, ["apt-key", "adv", "--batch", "--keyserver", server, "--logger-fd", "1", "--recv-keys", id])
            guard result.succeeded else { throw ExecutionError("Error: key retrieval failed: \(result.text)") }
            return
        }
        var settings = AddSettings()
        (settings.keyid, settings.keyserver, settings.aptkey, settings.keydir, settings.keyfile) = (id, server, false, folder, file)
        guard try await add(call, settings) else { throw ExecutionError("Error: Could not add key: \(id)") }
    }

    // MARK: - Removing

    private static func delete(_ call: CallContext, name: String?, aptkey: Bool, folder: String?, options: ValueMap) async throws -> Value {
        let folder = folder ?? usual
        if !aptkey, try await !call.host.isDirectory(folder) { return false }
        let id: String
        if options["keyid_ppa"]?.isTruthy == true {
            guard let name, name.hasPrefix("ppa:") else { throw ExecutionError("keyid_ppa requires that a PPA be passed") }
            id = try await LaunchpadArchive.keyID(call, name)
        } else if let given = options["keyid"] {
            id = given.pythonString
        } else {
            throw ExecutionError("keyid or keyid_ppa and PPA name must be passed")
        }
        if try await hasTool(call, aptkey) {
            let result = try await PkgApt.apt(call, ["apt-key", "del", id])
            guard result.succeeded else {
                throw ExecutionError("Failed to remove keyid {0}" + (result.errorText.isEmpty ? "" : ": \(result.errorText)"))
            }
            return .string(id)
        }
        guard id.utf8.count == 8 || id.utf8.count == 16 else { return false }
        for file in (try? await call.host.list(folder)) ?? [] {
            let path = Path.join(folder, file)
            guard parse(try await keys(call, path)).contains(where: { $0.key.pythonString.hasSuffix(id) }) else { continue }
            try await call.host.remove(path)
            return .string(id)
        }
        return false
    }
}
