/// The kinds of nodes that Salt's loader knows how to construct.
enum YAMLTag: Equatable {
    static let prefix = "tag:yaml.org,2002:"

    case null, bool, int, float, string, binary, timestamp, unicode
    case sequence, map, omap, pairs, set
    /// `<<` and `=`: tags of keys; as values they are refused.
    case merge, value
    case other(String)

    init(_ text: String) {
        guard text.hasPrefix(Self.prefix) else {
            self = .other(text)
            return
        }
        switch text.dropFirst(Self.prefix.count) {
        case "null": self = .null
        case "bool": self = .bool
        case "int": self = .int
        case "float": self = .float
        case "str": self = .string
        case "binary": self = .binary
        case "timestamp": self = .timestamp
        case "python/unicode": self = .unicode
        case "seq": self = .sequence
        case "map": self = .map
        case "omap": self = .omap
        case "pairs": self = .pairs
        case "set": self = .set
        case "merge": self = .merge
        case "value": self = .value
        default: self = .other(text)
        }
    }

    var text: String {
        switch self {
        case .null: Self.prefix + "null"
        case .bool: Self.prefix + "bool"
        case .int: Self.prefix + "int"
        case .float: Self.prefix + "float"
        case .string: Self.prefix + "str"
        case .binary: Self.prefix + "binary"
        case .timestamp: Self.prefix + "timestamp"
        case .unicode: Self.prefix + "python/unicode"
        case .sequence: Self.prefix + "seq"
        case .map: Self.prefix + "map"
        case .omap: Self.prefix + "omap"
        case .pairs: Self.prefix + "pairs"
        case .set: Self.prefix + "set"
        case .merge: Self.prefix + "merge"
        case .value: Self.prefix + "value"
        case .other(let text): text
        }
    }
}
