import HaliteValue

/// Puts the packages of several `pkg` states into the one that runs first, so that one transaction installs all.
enum PackageAggregation {
    private static let functions: Set<String> = ["installed", "latest", "removed", "purged"]

    static func run(_ chunk: inout ValueMap, _ others: inout [ValueMap]) {
        guard let function = chunk["fun"]?.stringValue, functions.contains(function) else { return }
        let kind = chunk["sources"] == nil ? "pkgs" : "sources"
        var packages = Packages(chunk[kind]?.listValue ?? [])
        var isChanged = false
        for index in others.indices {
            let other = others[index]
            guard other["fun"] == chunk["fun"], other["fromrepo"] == chunk["fromrepo"], other["hold"] == nil, other["__agg__"] == nil else { continue }
            if let list = other[kind]?.listValue {
                packages.add(list)
            } else if kind == "pkgs", other["sources"] == nil, let name = other["name"]?.stringValue {
                packages.add([others[index].removeValue(forKey: "version").map { .map([.string(name): $0]) } ?? .string(name)])
            } else {
                continue
            }
            others[index]["__agg__"] = true
            isChanged = true
        }
        if isChanged { chunk[kind] = .list(packages.list) }
    }

    /// Names in their order, each with the versions asked for; a version counts more than none.
    private struct Packages {
        private var versions: [(name: String, values: [Value])] = []

        init(_ list: [Value]) { add(list) }

        mutating func add(_ list: [Value]) {
            for item in list {
                if case .map(let map) = item {
                    for (name, version) in map { add(name.pythonString, version) }
                } else {
                    add(item.pythonString, nil)
                }
            }
        }

        private mutating func add(_ name: String, _ version: Value?) {
            let place = versions.firstIndex { $0.name == name } ?? versions.endIndex
            if place == versions.endIndex { versions.append((name, [])) }
            if let version, !version.isNull, !versions[place].values.contains(version) { versions[place].values.append(version) }
        }

        var list: [Value] {
            versions.flatMap { name, values -> [Value] in
                values.isEmpty ? [.string(name)] : values.map { .map([.string(name): $0]) }
            }
        }
    }
}
