import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Personal archives of Launchpad: `ppa:OWNER/NAME` on Ubuntu and its relatives.
enum LaunchpadArchive {
    private static func isKnown(_ repo: String, _ grains: ValueMap) -> Bool {
        repo.hasPrefix("ppa:") && ["Ubuntu", "Mint", "neon"].contains(grains["os"]?.stringValue ?? "")
    }

    private static func parts(_ repo: String) throws -> (owner: String, name: String) {
        let parts = String(repo.dropFirst(4)).parts("/", maxSplits: 1)
        guard parts.count == 2 else {
            throw ExecutionError(
                "Unable to get PPA info from argument. Expected format \"<PPA_OWNER>/<PPA_NAME>\" (e.g. saltstack/salt) not found.  Received '\(repo.dropFirst(4))' instead.")
        }
        return (parts[0], parts[1])
    }

    /// The line of the archive; other lines as they are.
    static func line(_ repo: String, _ grains: ValueMap, login: String?) throws -> String {
        guard isKnown(repo, grains) else { return repo }
        let (owner, name) = try parts(repo)
        let release = grains["oscodename"]?.pythonString ?? ""
        if let login, !login.isEmpty { return "deb https://\(login)@private-ppa.launchpad.net/\(owner)/\(name)/ubuntu \(release) main" }
        return "deb http://ppa.launchpad.net/\(owner)/\(name)/ubuntu \(release) main"
    }

    static func file(_ repo: String, _ grains: ValueMap) throws -> String? {
        guard isKnown(repo, grains) else { return nil }
        let (owner, name) = try parts(repo)
        return "/etc/apt/sources.list.d/\(owner)-\(name)-\(grains["oscodename"]?.pythonString ?? "").list"
    }

    /// Has the distribution's own program add the archive and returns its answer; without one, fills in line, file and key.
    static func prepare(_ call: CallContext, _ repo: inout String, _ options: inout ValueMap) async throws -> (answer: Value, isNew: Bool)? {
        guard isKnown(repo, call.grains) else { throw ExecutionError("cannot parse \"ppa:\" style repo definitions: \(repo)") }
        let login = options["ppa_auth"]?.stringValue
        if login == nil, await call.host.which("apt-add-repository") != nil {
            let known = try await call.call("pkg.get_repo", .string(repo))
            if known.isTruthy { return (known, false) }
            let words = ["apt-add-repository", "-y", repo]
            let result = try await PkgApt.apt(call, words, env: try await AptKeys.proxy(call).map { ["http_proxy": .string($0), "https_proxy": .string($0)] } ?? .null)
            guard result.succeeded else {
                throw ExecutionError(
                    "Unable to add PPA '\(repo.dropFirst(4))'. '\(words.value.pythonString)' exited with status \(result.exitCode): '\(result.errorText)'")
            }
            return (["pid": 0, "retcode": .int(result.exitCode), "stdout": .string(result.text), "stderr": .string(result.errorText)], true)
        }
        let (owner, name) = try parts(repo)
        options["dist"] = call.grains["oscodename"] ?? .null
        if options["file"] == nil { options["file"] = try file(repo, call.grains).value }
        if login == nil {
            let answer = try await call.call(
                "http.query", .string("https://launchpad.net/api/1.0/~\(owner)/+archive/\(name)"),
                keywords: ["decode": true, "decode_type": "json", "header_dict": ["Accept": "application/json"]])
            guard let key = answer["dict"]?["signing_key_fingerprint"]?.stringValue else {
                throw ExecutionError("Launchpad does not know about \(owner)/\(name): \(answer["error"]?.pythonString ?? "no key")")
            }
            options["keyid"] = .string(key)
        } else if options["keyid"] == nil {
            throw ExecutionError("Private PPAs require a keyid to be specified: \(owner)/\(name)")
        }
        if options["keyserver"] == nil { options["keyserver"] = "keyserver.ubuntu.com" }
        repo = try line(repo, call.grains, login: login)
        return nil
    }

    /// The last eight digits of an archive's key.
    static func keyID(_ call: CallContext, _ repo: String) async throws -> String {
        let (owner, name) = try parts(repo)
        let answer = try await call.call(
            "http.query", .string("https://launchpad.net/api/1.0/~\(owner)/+archive/\(name)"),
            keywords: ["decode": true, "decode_type": "json", "header_dict": ["Accept": "application/json"]])
        guard let key = answer["dict"]?["signing_key_fingerprint"]?.stringValue else {
            throw ExecutionError("Launchpad does not know about \(owner)/\(name): \(answer["error"]?.pythonString ?? "no key")")
        }
        return String(key.suffix(8))
    }
}
