import HaliteCore
import HaliteValue

/// Names of packages with versions, in the ways users write them.
enum PackageList {
    /// - Parameters:
    ///   - name: one name, or several with commas.
    ///   - pkgs: names, or maps of a name and a version.
    static func parse(name: String?, pkgs: [Value], version: String?) -> [(name: String, version: String?)] {
        if pkgs.isEmpty { return (name ?? "").split(separator: ",").map { (String($0), version) } }
        return pkgs.flatMap { entry -> [(name: String, version: String?)] in
            guard case .map(let map) = entry else { return [(entry.pythonString, nil)] }
            return map.map { ($0.key.pythonString, $0.value.isNull ? nil : $0.value.pythonString) }
        }
    }

    /// `name=version`, or the name with its comparison.
    static func label(_ entry: (name: String, version: String?)) -> String {
        guard let version = entry.version, !version.isEmpty else { return entry.name }
        return entry.name + (["<", ">", "="].contains { version.hasPrefix($0) } ? "" : "=") + version
    }

    /// `>=1.2,<2` as pairs of an operator and a version.
    static func conditions(_ text: String) -> [(oper: String, version: String)] {
        text.parts(",").map { spec in
            let text = spec.stripped()
            let operators = text.prefix { "<>=!".contains($0) }
            let oper = operators.isEmpty || operators == "=" ? "==" : String(operators)
            return (oper, String(text.dropFirst(operators.count)).stripped())
        }
    }

    /// Whether a comparison, as `version_cmp` answers it, is what an operator asks for.
    static func holds(_ order: Int, _ oper: String) -> Bool {
        switch oper {
        case "<", "<<": order < 0
        case "<=": order <= 0
        case ">", ">>": order > 0
        case ">=": order >= 0
        case "!=", "<>": order != 0
        default: order == 0
        }
    }

    /// The first of the versions that meets a comparison such as `>=1.2`; without an operator it must be equal.
    static func match(_ wanted: String, _ versions: [String], compare: (String, String) -> Int) -> String? {
        let operators = wanted.prefix { "<>=!".contains($0) }
        let version = String(wanted.dropFirst(operators.count)).stripped()
        return versions.first { holds(compare($0, version), String(operators)) }
    }

    /// Names among those that are there that given ones, which may be patterns, stand for: plain names first.
    static func matching(_ wanted: [String], in present: [String]) -> [String] {
        let known = Set(present)
        let plain = wanted.filter { !$0.contains("*") && known.contains($0) }
        let patterns = wanted.filter { $0.contains("*") }
        guard let pattern = patterns.last else { return plain }
        return plain + present.filter { Glob.matches(pattern, $0) && !plain.contains($0) }
    }

    /// What differs between two lists, as Salt reports changes of packages.
    static func changes(_ old: ValueMap, _ new: ValueMap) -> ValueMap {
        var changes = ValueMap()
        for (name, version) in new where old[name] != version { changes[name] = ["old": old[name] ?? "", "new": version] }
        for (name, version) in old where new[name] == nil { changes[name] = ["old": version, "new": ""] }
        return changes
    }
}
