import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `sdb://profile/key`: values that lie elsewhere than in the configuration. A profile is a key of the configuration or of the
/// pillar with its `driver`: `yaml` (files) or `env` (the environment of the process).
struct SecretDatabase {
    let profile: ValueMap
    let key: String
    let call: CallContext

    static let scheme = "sdb://"

    /// Why a text is no address; Salt tells it when it is asked to be strict, and returns the text itself otherwise.
    enum Refusal: Error {
        case notAnAddress, noKey, noProfile(String)

        var text: String {
            switch self {
            case .notAnAddress: "SDB uri must start with \"sdb://\""
            case .noKey: "SDB uri must have a profile name as a first part of the uri before the /"
            case .noProfile(let name): "SDB profile \"\(name)\" wasnt found in the minion configuration"
            }
        }
    }

    init(_ address: String, _ call: CallContext) throws {
        guard address.hasPrefix(Self.scheme) else { throw Refusal.notAnAddress }
        let parts = address.dropFirst(Self.scheme.count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { throw Refusal.noKey }
        let name = String(parts[0])
        func found(_ place: ValueMap) -> ValueMap? { place[name]?.mapValue.flatMap { $0.isEmpty ? nil : $0 } }
        guard let profile = found(call.services.options) ?? found(call.pillar), profile["driver"] != nil else {
            throw Refusal.noProfile(name)
        }
        self.profile = profile
        key = String(parts[1])
        self.call = call
    }

    private var driver: String { profile["driver"]?.pythonString ?? "" }

    private func unknownDriver() -> ExecutionError {
        ExecutionError("no sdb driver '\(driver)'\(NearestName.hint(driver, among: ["env", "yaml"])) (known: env, yaml)")
    }

    func get() async throws -> Value {
        switch driver {
        case "env": return try await call.call("environ.get", .string(key), .null)
        case "yaml": return CallContext.traverse(try await files(), key) ?? .null
        default: throw unknownDriver()
        }
    }

    func set(_ value: Value) async throws -> Value {
        switch driver {
        case "env":
            // As `setdefault`: what is there stays.
            let old = try await get()
            guard old.isNull else { return old }
            _ = try await call.call("environ.setval", .string(key), value)
            return value
        case "yaml": throw ExecutionError("the sdb driver yaml only reads")
        default: throw unknownDriver()
        }
    }

    private func files() async throws -> Value {
        var data = ValueMap()
        let merge = profile["merge"]?.mapValue ?? [:]
        for file in profile["files"]?.listValue ?? [] {
            let path = file.pythonString
            guard let text = await call.host.readTextIfPresent(path) else { continue }
            let parsed = try await call.services.templates.parse(text, format: "yaml", name: path, in: call)
            guard let map = parsed.mapValue else { continue }
            data = Merging.merge(
                data, map, strategy: merge["strategy"]?.pythonString ?? "smart", mergeLists: merge["merge_lists"]?.isTruthy ?? false)
        }
        guard profile["gpg"]?.isTruthy == true else { return .map(data) }
        let text = try await Serialization.yaml(.map(data), call)
        return try await call.services.templates.renderData(source: text, name: "sdb", pipeline: "yaml|gpg", values: [:], in: call)
    }
}
