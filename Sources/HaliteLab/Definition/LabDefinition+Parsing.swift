import HaliteCore
import HaliteHost
import HaliteRender
import HaliteValue

extension LabDefinition {
    /// Reads `lab.yml`, checked in full before anything is made.
    package static func load(_ path: String, on host: some Host) async throws -> LabDefinition {
        let text: String
        do {
            text = try await host.readText(path)
        } catch let error as HostError where error.code == .noSuchFile {
            throw LabError(.definition, "no such file", file: path)
        }
        return try parse(text, file: path)
    }

    package static func parse(_ text: String, file: String) throws -> LabDefinition {
        try LabParser(text: text, file: file).definition()
    }
}

/// Turns the text of `lab.yml` into a definition, or into an error with its place.
private struct LabParser {
    static let keys = ["name", "network", "hosts"]
    static let hostKeys = ["address", "grains", "roles", "master", "mounts", "config"]

    let text: String
    let file: String

    func definition() throws -> LabDefinition {
        guard let root = try YAML.load(text, file: file).mapValue else {
            throw error("a lab is a map with the keys \(Self.keys.joined(separator: ", "))", [])
        }
        try check(root, allowed: Self.keys, [])
        let name = try required(root, "name", [])
        guard Self.isName(name, limit: 11) else {
            throw error("the name '\(name)' must have at most 11 lower-case letters, digits and hyphens and begin with a letter", ["name"])
        }
        let networkText = try required(root, "network", [])
        guard let network = LabNetwork(networkText) else {
            throw error("the network '\(networkText)' is no IPv4 network such as 10.77.0.0/24 (8 to 29 bits)", ["network"])
        }
        guard let hosts = root["hosts"]?.mapValue, !hosts.isEmpty else {
            throw error("'hosts' must be a map of host names with an 'address' each", ["hosts"])
        }
        var found: [LabHost] = []
        for (key, value) in hosts { found.append(try host(key, value, network, found)) }
        guard found.count <= 250 else { throw error("a lab has at most 250 hosts, this one \(found.count)", ["hosts"]) }
        return LabDefinition(name: name, network: network, hosts: found, file: file)
    }

    private func host(_ key: Value, _ value: Value, _ network: LabNetwork, _ before: [LabHost]) throws -> LabHost {
        guard let name = key.stringValue, Self.isName(name, limit: 63) else {
            throw error("the host name \(key.json()) must have lower-case letters, digits and hyphens and begin with a letter", ["hosts"])
        }
        let path = ["hosts", name]
        guard let settings = value.mapValue else { throw error("host '\(name)' must be a map with an 'address'", path) }
        try check(settings, allowed: Self.hostKeys, path)
        let address = try self.address(settings, network, before, path)
        let isMaster = try flag(settings, "master", path)
        if isMaster, let other = before.first(where: \.isMaster) {
            throw error("'\(other.name)' is already the master of this lab", path + ["master"])
        }
        var grains = try map(settings, "grains", path)
        if let roles = settings["roles"] {
            guard roles.listValue?.allSatisfy({ $0.stringValue != nil }) == true else {
                throw error("'roles' must be a list of texts", path + ["roles"])
            }
            grains["roles"] = roles
        }
        return LabHost(
            name: name, address: address, isMaster: isMaster, grains: grains, mounts: try mounts(settings, path),
            config: try map(settings, "config", path))
    }

    private func address(_ settings: ValueMap, _ network: LabNetwork, _ before: [LabHost], _ path: [String]) throws -> String {
        let text = try required(settings, "address", path)
        let place = path + ["address"]
        guard let address = IPv4Address(text) else { throw error("'\(text)' is no IPv4 address", place) }
        guard network.contains(address), address > network.base, address < network.broadcast else {
            throw error("the address \(text) is not one for hosts of \(network)", place)
        }
        if address == network.gateway {
            throw error("the address \(text) belongs to the machine itself, take another of \(network)", place)
        }
        if let other = before.first(where: { $0.address == text }) {
            throw error("the address \(text) already belongs to '\(other.name)'", place)
        }
        return text
    }

    private func mounts(_ settings: ValueMap, _ path: [String]) throws -> [LabMount] {
        try self.map(settings, "mounts", path).map { target, source in
            guard let target = target.stringValue, target.hasPrefix("/"), target != "/", let source = source.stringValue else {
                throw error("a mount is an absolute path in the host with a path on this machine", path + ["mounts"])
            }
            let base = Path.parent(file) ?? "."
            return LabMount(source: Path.normalised(Path.join(base, source)), target: Path.normalised(target))
        }
    }

    // MARK: Checks

    private func check(_ map: ValueMap, allowed: [String], _ path: [String]) throws {
        for key in map.keys {
            let name = key.stringValue ?? key.json()
            if allowed.contains(name) { continue }
            let hint = NearestName.find(name, among: allowed).map { ", did you mean '\($0)'?" } ?? ""
            throw error("unknown key '\(name)'\(hint) (known: \(allowed.joined(separator: ", ")))", path + [name])
        }
    }

    private func required(_ map: ValueMap, _ key: String, _ path: [String]) throws -> String {
        guard let value = map[key] else { throw error("'\(key)' is missing", path) }
        guard let text = value.stringValue, !text.isEmpty else { throw error("'\(key)' must be a text", path + [key]) }
        return text
    }

    private func flag(_ map: ValueMap, _ key: String, _ path: [String]) throws -> Bool {
        guard let value = map[key] else { return false }
        guard let flag = value.boolValue else { throw error("'\(key)' must be true or false", path + [key]) }
        return flag
    }

    private func map(_ settings: ValueMap, _ key: String, _ path: [String]) throws -> ValueMap {
        guard let value = settings[key], !value.isNull else { return ValueMap() }
        guard let map = value.mapValue else { throw error("'\(key)' must be a map", path + [key]) }
        return map
    }

    private static func isName(_ text: String, limit: Int) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= limit else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return letters.contains(first) && last != UInt8(ascii: "-")
            && bytes.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-") }
    }

    private func error(_ message: String, _ path: [String]) -> LabError {
        LabError(.definition, message, file: file, line: KeyLines.find(path, in: text))
    }
}
