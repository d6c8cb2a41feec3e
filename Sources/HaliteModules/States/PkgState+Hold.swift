import HaliteCore
import HaliteModuleKit
import HaliteValue

extension PkgState {
    /// What keeps a package: a version, where the package manager tells, and a kind.
    private struct Lock {
        var version: String?
        var kind = "package"
    }

    private struct Locks {
        var all: [(name: String, lock: Lock)] = []
        var knowVersions = false

        subscript(name: String) -> Lock? { all.first { $0.name == name }?.lock }
    }

    /// Nil where the package manager cannot tell.
    private static func locks(_ packages: PackageFunctions) async throws -> Locks? {
        var locks = Locks()
        if packages.has("list_locks") {
            locks.knowVersions = true
            for (name, lock) in try await packages.run("list_locks").mapValue ?? [:] {
                let version = lock["version"].map { String($0.pythonString.drop { "= ".contains($0) }) }
                locks.all.append((name.pythonString, Lock(version: version, kind: lock["type"]?.stringValue ?? "package")))
            }
        } else if packages.has("list_holds") {
            let pattern = try PythonRegex.compile("^(.+)-(\\d+):(.*)\\.\\*")
            for hold in try await packages.run("list_holds", [], ["full": true]).listValue ?? [] {
                let text = hold.pythonString
                if let match = try pattern.search(text), let name = match.text(1, of: text) {
                    let epoch = match.text(2, of: text) ?? "0"
                    locks.all.append((name, Lock(version: (epoch == "0" ? "" : epoch + ":") + (match.text(3, of: text) ?? ""))))
                } else {
                    locks.all.append((text, Lock()))
                }
            }
        } else if packages.has("get_selections") {
            for name in try await packages.run("get_selections", [], ["state": "hold"])["hold"]?.listValue ?? [] {
                locks.all.append((name.pythonString, Lock()))
            }
        } else {
            return nil
        }
        return locks
    }

    private static let cannotTell =
        "No any function to get the list of held packages available.\nCheck if the package manager supports package locking."

    static func held(_ state: StateContext, name: String, version: String?, pkgs: [Value]?, replace: Bool) async throws -> StateResult {
        if let pkgs, pkgs.isEmpty, !replace { return state.unchanged("No packages to be held provided") }
        let packages = PackageFunctions(call: state.call)
        guard let locks = try await locks(packages) else { return state.failed(cannotTell) }
        guard packages.has("hold") else { return state.failed("`hold` function is not implemented for the package manager.") }
        let entries = pkgs ?? [version.map { .map([.string(name): .string($0)]) } ?? .string(name)]
        let wanted = entries.map { entry in (entry: entry, package: PackageList.parse(name: nil, pkgs: [entry], version: nil)[0]) }
        let missing = wanted.filter { _, package in
            guard let lock = locks[package.name] else { return true }
            return locks.knowVersions && lock.version != package.version
        }
        let names = Set(wanted.map(\.package.name))
        let others = replace ? locks.all.filter { $0.lock.kind == "package" && !names.contains($0.name) }.map(\.name) : []
        let would = missing.map { _, package -> String in
            let version = (package.version ?? "").isEmpty ? "" : " (version = \(package.version ?? ""))"
            return locks[package.name] != nil
                ? "The following package's hold rule would be updated: \(package.name)\(version)"
                : "The following package would be held: \(package.name)\(version)"
        } + others.map { "The following package would be unheld: \($0)" }
        if would.isEmpty { return state.unchanged("No changes made") }
        return try await state.either(would: { planned(state, would) }, do: {
            var result = StateResult(name: state.name, result: true, comment: "")
            var comments: [String] = []
            for (entry, package) in missing {
                var isReleased = false
                if locks[package.name] != nil {
                    let answer = try await packages.run("unhold", [], ["name": .string(name), "pkgs": [.string(package.name)]])
                    isReleased = answer[package.name]?["result"]?.isTruthy == true
                }
                let answer = try await packages.run("hold", [], ["name": .string(name), "pkgs": [entry]])
                let isHeld = answer[package.name]?["result"]?.isTruthy == true
                if !isHeld { result.result = false }
                comments.append(
                    isHeld
                        ? isReleased ? "Package \(package.name) was updated with hold rule" : "Package \(package.name) is now being held"
                        : "Package \(package.name) was not held")
                for (key, value) in answer.mapValue ?? [:] { result.changes[key] = value }
            }
            for other in others { try await release(other, name, packages, &result, &comments) }
            return concluded(result, comments)
        })
    }

    /// Salt tells that all is well under test, whatever would be done.
    private static func planned(_ state: StateContext, _ comments: [String]) -> StateResult {
        StateResult(name: state.name, result: nil, comment: comments.joined(separator: "\n"))
    }

    private static func concluded(_ result: StateResult, _ comments: [String]) -> StateResult {
        var result = result
        result.comment = comments.joined(separator: "\n")
        if result.comment.isEmpty, result.changes.isEmpty { result.comment = "No changes made" }
        return result
    }

    private static func release(
        _ package: String, _ name: String, _ packages: PackageFunctions, _ result: inout StateResult, _ comments: inout [String]
    ) async throws {
        let answer = try await packages.run("unhold", [], ["name": .string(name), "pkgs": [.string(package)]])
        if answer[package]?["result"]?.isTruthy != true { result.result = false }
        if let comment = answer[package]?["comment"], comment.isTruthy { comments.append(comment.pythonString) }
        for (key, value) in answer.mapValue ?? [:] { result.changes[key] = value }
    }

    static func unheld(_ state: StateContext, name: String, version: String?, pkgs: [Value]?, all: Bool) async throws -> StateResult {
        if let pkgs, pkgs.isEmpty, !all { return state.unchanged("No packages to be unheld provided") }
        let packages = PackageFunctions(call: state.call)
        guard let locks = try await locks(packages) else { return state.failed(cannotTell) }
        var wanted: [String: String?] = [:]
        for entry in pkgs.map({ PackageList.parse(name: nil, pkgs: $0, version: nil) }) ?? [(name, version)] { wanted[entry.name] = .some(entry.version) }
        let targets = locks.all.filter { locked, lock in
            guard lock.kind == "package" else { return false }
            if all { return true }
            guard let asked = wanted[locked] else { return false }
            let version = locks.knowVersions ? lock.version : nil
            return (version ?? "").isEmpty || version == asked
        }
        let would = targets.map { locked, lock -> String in
            let asked = (wanted[locked] ?? nil) ?? ""
            let version = locks.knowVersions ? lock.version.map { $0 } ?? "None" : "None"
            return "The following package would be unheld: \(locked)\(asked.isEmpty ? "" : " (version = \(version))")"
        }
        if would.isEmpty { return state.unchanged("No changes made") }
        return try await state.either(would: { planned(state, would) }, do: {
            var result = StateResult(name: state.name, result: true, comment: "")
            var comments: [String] = []
            for target in targets { try await release(target.name, name, packages, &result, &comments) }
            return concluded(result, comments)
        })
    }
}
