import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Says which SLS a minion gets, from the top files of the environments.
struct TopFile {
    /// Environment to target to list, merged over the top files.
    private(set) var sections: [(saltenv: String, targets: ValueMap)] = []
    private(set) var errors: [String] = []

    /// Merges the top file of one environment. What an environment says of itself counts more than what others say of it.
    mutating func add(_ data: Value, from saltenv: String, file: String) {
        guard data.isTruthy else { return }
        guard case .map(let map) = data else {
            errors.append("\(file): the top file does not render to a dictionary")
            return
        }
        for (environment, targets) in map {
            let name = environment.pythonString
            if name == "include" { continue }
            guard case .map(let targets) = targets else {
                errors.append("\(file): the environment '\(name)' of the top file is not a dictionary")
                continue
            }
            for (target, list) in targets where list.listValue == nil {
                errors.append(
                    "Malformed topfile: state declarations for matcher '\(target.pythonString)' in saltenv '\(name)' are not formed as a list "
                        + "(got \(list.typeName))")
            }
            if let index = sections.firstIndex(where: { $0.saltenv == name }) {
                if name == saltenv { sections[index].targets = targets } else {
                    for (target, list) in targets where sections[index].targets[target] == nil { sections[index].targets[target] = list }
                }
            } else {
                sections.append((name, targets))
            }
        }
    }

    /// The SLS for a minion, by environment.
    mutating func matches(_ facts: MinionFacts, only environment: String?, nodegroups: ValueMap) -> [(saltenv: String, sls: [String])] {
        var result: [(saltenv: String, sls: [String])] = []
        for (saltenv, targets) in sections where environment == nil || environment == saltenv {
            var names: [String] = []
            for (target, list) in targets {
                let entries = list.listValue ?? []
                let kind = entries.lazy.compactMap { $0["match"]?.stringValue }.last ?? "compound"
                do {
                    guard let kind = Target.Kind(name: kind) else {
                        throw TargetError("unknown matcher '\(kind)'\(NearestName.hint(kind, among: Target.Kind.allCases.map(\.rawValue)))")
                    }
                    guard try TargetMatcher(Target(target, kind: kind), nodegroups: nodegroups).matches(facts) else { continue }
                } catch {
                    errors.append("top file, target '\(target.pythonString)': \(error)")
                    continue
                }
                for entry in entries {
                    switch entry {
                    case .string(let sls): if !names.contains(sls) { names.append(sls) }
                    // `- order: N` is read and has no effect in Salt 3008 either.
                    case .map(let map) where map["match"] == nil && map["order"] == nil:
                        // `- env: sls` takes the SLS from another environment.
                        for (other, sls) in map { append(sls.pythonString, other.pythonString, &result) }
                    default: continue
                    }
                }
            }
            for name in names { append(name, saltenv, &result) }
        }
        return result
    }

    private func append(_ sls: String, _ saltenv: String, _ result: inout [(saltenv: String, sls: [String])]) {
        if let index = result.firstIndex(where: { $0.saltenv == saltenv }) {
            if !result[index].sls.contains(sls) { result[index].sls.append(sls) }
        } else {
            result.append((saltenv, [sls]))
        }
    }
}
