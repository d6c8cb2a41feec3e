import HaliteRender
import HaliteValue

/// YAML in block style with sorted keys; the documents of several minions concatenate into one.
package enum YAMLOutputter: Outputter {
    package static let name = "yaml"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        let indent: Int
        switch options.indent {
        case .unset: indent = 2
        case .spaces(let width): indent = width
        case .oneLine, .pretty, .unknown: return NestedOutputter.render(data, options)
        }
        let text = YAML.dump(sorted(data), indent: max(indent, 0), flow: indent < 0)
        return OutputText.trimmedEnd(text)
    }

    /// Maps in Python's order of keys; those whose keys have no common order stay as they are.
    private static func sorted(_ value: Value) -> Value {
        switch value {
        case .list(let list): return .list(list.map(sorted))
        case .map(let map):
            let keys = (try? KeyOrder.sorted(map.keys)) ?? map.keys
            return .map(ValueMap(keys.map { ($0, sorted(map[$0] ?? .null)) }))
        default: return value
        }
    }
}
