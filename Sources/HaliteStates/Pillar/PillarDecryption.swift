import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Decrypts the values that `decrypt_pillar` names by their paths.
struct PillarDecryption: Sendable {
    let settings: PillarSettings
    let context: CallContext

    private var delimiter: String { settings.options["decrypt_pillar_delimiter"]?.stringValue ?? ":" }

    /// Returns what went wrong; a value that cannot be decrypted stays as it is.
    func decrypt(_ pillar: inout ValueMap) async -> [String] {
        guard let setting = settings.options["decrypt_pillar"], setting.isTruthy else { return [] }
        guard let entries = Self.entries(setting), !entries.isEmpty else { return ["decrypt_pillar config option is malformed"] }
        var errors: [String] = []
        for (key, renderer) in entries {
            let path = DataPath.split(key.pythonString, delimiter)
            guard let value = Self.value(.map(pillar), path[...]) else { continue }
            let name = renderer.isTruthy ? renderer.pythonString : settings.options["decrypt_pillar_default"]?.pythonString ?? "gpg"
            do {
                pillar = Self.setting(pillar, path[...], try await ValueDecryption.decrypt(value, with: name, in: context))
            } catch {
                errors.append("Failed to decrypt pillar key '\(key.pythonString)': \(error)")
            }
        }
        return errors
    }

    /// A dictionary, or a list of dictionaries with one key and of bare keys.
    private static func entries(_ setting: Value) -> ValueMap? {
        if case .map(let map) = setting { return map }
        guard case .list(let list) = setting else { return nil }
        var entries = ValueMap()
        for element in list {
            if case .map(let map) = element {
                guard map.count == 1, let pair = map.first else { return nil }
                entries[pair.key] = pair.value
            } else if element.listValue == nil {
                entries[element] = .null
            } else {
                return nil
            }
        }
        return entries
    }

    private static func value(_ data: Value, _ path: ArraySlice<String>) -> Value? {
        guard let key = path.first else { return data }
        return data.mapValue?[key].flatMap { value($0, path.dropFirst()) }
    }

    private static func setting(_ data: ValueMap, _ path: ArraySlice<String>, _ value: Value) -> ValueMap {
        guard let key = path.first else { return data }
        var result = data
        result[key] = path.count == 1 ? value : .map(setting(data[key]?.mapValue ?? [:], path.dropFirst(), value))
        return result
    }
}
