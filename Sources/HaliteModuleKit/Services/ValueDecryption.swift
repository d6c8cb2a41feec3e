import HaliteCore
import HaliteValue

/// Decrypts the texts within data with a renderer, as `decrypt_pillar` and `pillar_enc` ask.
package enum ValueDecryption {
    /// - Parameter renderer: one of `decrypt_pillar_renderers`; there is `gpg` alone.
    package static func decrypt(_ value: Value, with renderer: String, in context: CallContext) async throws -> Value {
        let allowed = context.services.options["decrypt_pillar_renderers"]?.listValue?.map(\.pythonString) ?? ["gpg"]
        guard allowed.contains(renderer) else {
            throw ExecutionError("'\(renderer)' is not a valid decryption renderer. Valid choices are: \(allowed.joined(separator: ", "))")
        }
        guard renderer == "gpg" else { throw ExecutionError("Decryption renderer '\(renderer)' is not available") }
        // The renderer decrypts every text within data, and JSON carries data to it unchanged.
        let carried = try await context.services.templates.renderData(
            source: Value.list([value]).json(), name: "encrypted pillar data", pipeline: "json|gpg", values: [:], in: context)
        return carried.listValue?.first ?? value
    }

    /// The pillar of a command line.
    package static func override(_ pillar: Value, with renderer: String, in context: CallContext) async throws -> ValueMap {
        let data: Value
        do { data = try await decrypt(withLineBreaks(pillar), with: renderer, in: context) } catch {
            throw ExecutionError("Failed to decrypt pillar override: \(error)")
        }
        guard case .map(let map) = data else {
            throw ExecutionError("Failed to decrypt pillar override: expected a dictionary, found \(data.typeName)")
        }
        return map
    }

    /// On a command line breaks are written as `\n`.
    private static func withLineBreaks(_ value: Value) -> Value {
        switch value {
        case .string(let text): .string(DataPath.split(text, "\\n").joined(separator: "\n"))
        case .list(let list): .list(list.map(withLineBreaks))
        case .map(let map): .map(ValueMap(map.map { ($0.key, withLineBreaks($0.value)) }))
        default: value
        }
    }
}
