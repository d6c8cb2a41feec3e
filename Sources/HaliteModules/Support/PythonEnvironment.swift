import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Runs pip of the system or of a virtualenv.
struct PythonEnvironment: Sendable {
    let call: CallContext
    /// A virtualenv, or a pip program; nil means the system's.
    let binEnv: String?
    var user: String?
    var cwd: String?
    var variables: ValueMap = [:]

    private var host: any Host { call.host }

    /// The words that start pip.
    private func program() async throws -> [String] {
        guard let binEnv, !binEnv.isEmpty else {
            for name in ["pip3", "pip"] where await host.which(name) != nil { return [name] }
            if await host.which("python3") != nil { return ["python3", "-m", "pip"] }
            throw ExecutionError("Could not find a `pip` binary")
        }
        if try await host.isDirectory(binEnv) {
            let python = Path.join(binEnv, "bin", "python")
            if try await host.isFile(python) { return [python, "-m", "pip"] }
            throw ExecutionError("Could not find a `pip` binary in virtualenv \(binEnv)")
        }
        if try await host.isFile(binEnv) {
            return Path.name(binEnv).hasPrefix("python") ? [binEnv, "-m", "pip"] : [binEnv]
        }
        throw ExecutionError("Could not find a `pip` binary")
    }

    func run(_ words: [String]) async throws -> CommandResult {
        var command = Command(try await program() + words)
        command.workingDirectory = cwd
        command.user = user
        if let user, let home = try await host.user(named: user)?.home { command.environment["HOME"] = home }
        if let binEnv, try await host.isDirectory(binEnv) { command.environment["VIRTUAL_ENV"] = binEnv }
        for (key, value) in variables { command.environment[key.pythonString] = value.pythonString }
        let result = try await host.run(command)
        call.outcome.returnCode = result.exitCode
        return result
    }

    /// Normalised names to versions.
    func packages() async throws -> [(name: String, version: String)] {
        let result = try await run(["list", "--format=json", "--disable-pip-version-check"])
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        guard let list = try? Value(jsonText: result.text).listValue else { throw ExecutionError("Invalid JSON") }
        return list.compactMap { entry in
            guard let name = entry["name"]?.stringValue, let version = entry["version"]?.stringValue else { return nil }
            return (Self.normalise(name), version)
        }
    }

    func freeze() async throws -> [String] {
        let result = try await run(["freeze"])
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        return result.lines.filter { !$0.isEmpty }
    }

    func version() async throws -> String {
        let result = try await run(["--version"])
        let words = result.text.words()
        guard result.succeeded, words.count > 1 else { throw ExecutionError("cannot tell the version of pip: \(result.errorText)") }
        return words[1]
    }

    /// Lower case with single dashes, as packages are compared.
    static func normalise(_ name: String) -> String {
        name.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
    }
}

/// Versions of Python packages, as far as states compare them.
enum PythonVersion {
    /// Whether a version meets `==1.2`, `>=1.2`, `~=1.2` and their like.
    static func fulfils(_ version: String, _ specs: [(oper: String, version: String)]) -> Bool {
        specs.allSatisfy { oper, wanted in
            if oper == "===" { return version == wanted }
            if oper == "==" || oper == "!=", wanted.hasSuffix(".*") {
                let prefix = wanted.dropLast(2)
                return (version == prefix || version.hasPrefix(prefix + ".")) == (oper == "==")
            }
            let order = compare(version, wanted)
            switch oper {
            case "==": return order == 0
            case "!=": return order != 0
            case "<": return order < 0
            case "<=": return order <= 0
            case ">": return order > 0
            case ">=": return order >= 0
            case "~=":
                let prefix = wanted.parts(".").dropLast().joined(separator: ".")
                return order >= 0 && (version == prefix || version.hasPrefix(prefix + "."))
            default: return false
            }
        }
    }

    static func compare(_ left: String, _ right: String) -> Int {
        let a = key(left)
        let b = key(right)
        for index in 0..<max(a.count, b.count) {
            let x = index < a.count ? a[index] : 0
            let y = index < b.count ? b[index] : 0
            if x != y { return x < y ? -1 : 1 }
        }
        return 0
    }

    /// Numbers to compare one by one; pre-releases sort before the release, post-releases behind.
    private static func key(_ version: String) -> [Int] {
        let text = version.lowercased().parts("+")[0]
        var release: [Int] = []
        var rest = Substring(text.hasPrefix("v") ? String(text.dropFirst()) : text)
        while let number = Int(rest.prefix { $0.isNumber }) {
            release.append(number)
            rest = rest.drop { $0.isNumber }
            guard rest.first == ".", rest.dropFirst().first?.isNumber == true else { break }
            rest = rest.dropFirst()
        }
        release += Array(repeating: 0, count: max(0, 6 - release.count))
        let word = rest.drop { ".-_".contains($0) }.prefix { $0.isLetter }
        let number = Int(rest.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
        let stage =
            switch word {
            case "dev": -4
            case "a", "alpha": -3
            case "b", "beta": -2
            case "rc", "c", "pre", "preview": -1
            case "": 0
            default: 1
            }
        return release + [stage, number]
    }
}

/// One requirement such as `zope.interface>=5,<6` or `Django[argon2]==4.2`.
struct PythonRequirement: Sendable {
    let text: String
    /// Normalised; empty for a URL or a path.
    let name: String
    let specs: [(oper: String, version: String)]

    init(_ text: String) throws {
        self.text = text
        if text.contains("://") || text.hasPrefix("/") || text.hasPrefix(".") {
            name = ""
            specs = []
            return
        }
        let bare = text.parts(";")[0].stripped()
        let rawName = bare.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        var rest = bare.dropFirst(rawName.count).description.stripped()
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") { rest = String(rest[rest.index(after: close)...]).stripped() }
        var found: [(oper: String, version: String)] = []
        for part in rest.split(separator: ",") {
            let spec = String(part).stripped()
            let oper = String(spec.prefix { "<>=!~".contains($0) })
            if oper == "=" {
                throw ExecutionError("Invalid version specification in package \(text). '=' is not supported, use '==' instead.")
            }
            guard ["==", "!=", "<", "<=", ">", ">=", "~=", "==="].contains(oper) else {
                throw ExecutionError("pip raised an exception while parsing '\(text)': Invalid requirement: '\(text)'")
            }
            found.append((oper, String(spec.dropFirst(oper.count)).stripped()))
        }
        name = PythonEnvironment.normalise(String(rawName))
        specs = found
    }
}
