import HaliteValue

/// A setting that cannot be used: which one, where, and what was expected.
package struct OptionError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Reads typed settings out of a configuration map and remembers which keys it was asked for.
struct OptionReader {
    let map: ValueMap
    let file: String
    private(set) var known: Set<String> = []

    init(map: ValueMap, file: String) {
        self.map = map
        self.file = file
    }

    mutating func take<T: ValueConvertible>(_ key: String, default defaultValue: T) throws(OptionError) -> T {
        known.insert(key)
        guard let value = map[key], !value.isNull else { return defaultValue }
        do {
            return try T(value: value)
        } catch {
            throw OptionError("\(file): the setting '\(key)': \(error)")
        }
    }

    /// Keys that look like a slip of the pen. Other keys are Salt's or a module's own and mean no harm.
    func suspiciousKeys() -> [String] {
        map.keys.compactMap { key in
            let name = key.pythonString
            guard !known.contains(name), let nearest = NearestName.find(name, among: known.sorted()), nearest.utf8.count > 4,
                !Self.related.contains(name)
            else { return nil }
            return "\(file): the setting '\(name)' is not known, did you mean '\(nearest)'?"
        }
    }

    /// Keys of Salt that lie near one of ours and are right all the same.
    private static let related: Set<String> = ["file_root", "master_uri", "sock_pool_size", "grains_cache", "master_type", "publish_port"]
}
