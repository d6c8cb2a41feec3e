import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Packages of Node.js.
package struct NpmState: StateModule {
    package static let name = "npm"
    package static let summary = "Packages of Node.js."
    package static let requires: Requirement = .command("npm")

    package static let functions: [StateFunction] = [
        StateFunction(
            "installed", "Packages are installed.", .required("name", "The package, with a version after an @."),
            .optional("pkgs", [String](), "Several of them instead."), folder, user, .optional("force_reinstall", false, "Install again what is there."),
            .optional("registry", nil as String?, "Where packages come from."), .optional("env", nil as Value?, "Variables to set."), body: installed),
        StateFunction("removed", "A package is not installed.", .required("name", "The package."), folder, user, body: removed),
        StateFunction(
            "bootstrap", "What the package in a folder needs is installed there.", .required("name", "The folder."), user,
            .optional("silent", true, "Without npm's own remarks."), body: bootstrap),
        StateFunction(
            "cache_cleaned", "A package, or anything at all, is not in the cache.", .required("name", "The package; nothing for all of them."), user,
            .optional("force", false, "Kept for compatibility."), body: cacheCleaned),
    ]

    private static let folder: Parameter<String?> = .optional("dir", nil, "The folder of the packages; without one they are the host's.")
    private static let user: Parameter<String?> = .optional("user", nil, "The user to run as.")

    private static func with(_ keywords: ValueMap, _ more: ValueMap) -> ValueMap { more.reduce(into: keywords) { $0[$1.key] = $1.value } }

    // MARK: - Installed

    /// A name as npm takes it, and the version that may follow it.
    private static func split(_ package: String) -> (name: String, version: String?) {
        let isScoped = package.hasPrefix("@")
        let rest = package.drop { $0 == "@" }
        let end = rest.firstIndex { $0 == "@" || $0.isWhitespace } ?? rest.endIndex
        let name = (isScoped ? "@" : "") + rest[..<end]
        guard end < rest.endIndex, rest[end] == "@" else { return (name, nil) }
        let version = rest[rest.index(after: end)...].prefix { !$0.isWhitespace }
        return (name, version.isEmpty ? nil : String(version))
    }

    /// Packages from an address are told by it, whatever their name is.
    private static func isFromAddress(_ name: String, _ present: ValueMap) -> Bool {
        guard name.contains("://") else { return false }
        return present.contains { pair in
            let parts = (pair.value["from"]?.stringValue ?? "").parts("://")
            guard parts.count > 1 else { return false }
            let from = !parts[1].hasSuffix(".git") && name.hasPrefix("git://") ? parts[1] + ".git" : parts[1]
            return name.parts("://")[1] == from
        }
    }

    private static func installed(
        _ state: StateContext, name: String, pkgs: [String], folder: String?, user: String?, force: Bool, registry: String?, env: Value?
    ) async throws -> StateResult {
        let wanted = pkgs.isEmpty ? [name] : pkgs
        let keywords: ValueMap = ["dir": folder.value, "runas": user.value, "env": env ?? .null]
        let present: ValueMap
        do {
            present = try await state.call.call("npm.list", keywords: with(keywords, ["depth": 0])).mapValue ?? [:]
        } catch let error as ExecutionError {
            return state.failed("Error looking up '\(name)': \(error)")
        }
        var satisfied: [String] = []
        var missing: [String] = []
        for package in wanted {
            let (short, version) = split(package)
            let known = present[short]?["version"]?.stringValue
            if !force, let known, version == nil || version == known {
                satisfied.append("\(short)@\(known)")
            } else if force || known != nil || !isFromAddress(short, present) {
                missing.append(package)
            } else {
                satisfied.append(short)
            }
        }
        let told = "Package(s) '\(wanted.joined(separator: ", "))' satisfied by \(satisfied.joined(separator: ", "))"
        if missing.isEmpty { return state.unchanged(told) }
        let changes: ValueMap = ["old": [], "new": missing.value]
        return try await state.either(would: {
            let parts = ["NPM package(s) '\(missing.joined(separator: ", "))' are set to be installed"] + (satisfied.isEmpty ? [] : [told])
            return StateResult(name: name, result: satisfied.isEmpty ? nil : true, comment: parts.joined(separator: ". "), changes: changes)
        }, do: {
            do {
                _ = try await state.call.call("npm.install", keywords: with(keywords, ["registry": registry.value, "pkgs": wanted.value]))
            } catch let error as ExecutionError {
                return state.failed("Error installing '\(wanted.joined(separator: ", "))': \(error)")
            }
            let comment = "Package(s) '\(missing.joined(separator: ", "))' successfully installed"
            return StateResult(name: name, result: true, comment: comment, changes: changes)
        })
    }

    // MARK: - The others

    private static func removed(_ state: StateContext, name: String, folder: String?, user: String?) async throws -> StateResult {
        let present: ValueMap
        do {
            present = try await state.call.call("npm.list", keywords: ["dir": folder.value, "depth": 0]).mapValue ?? [:]
        } catch let error as ExecutionError {
            return state.failed("Error uninstalling '\(name)': \(error)")
        }
        if present[name] == nil { return state.unchanged("Package '\(name)' is not installed") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "Package '\(name)' is set to be removed")
        }, do: {
            let done = try await state.call.call("npm.uninstall", keywords: ["pkg": .string(name), "dir": folder.value, "runas": user.value])
            guard done.isTruthy else { return state.failed("Error removing package '\(name)'") }
            return StateResult(name: name, result: true, comment: "Package '\(name)' was successfully removed", changes: [.string(name): "Removed"])
        })
    }

    private static func bootstrap(_ state: StateContext, name: String, user: String?, silent: Bool) async throws -> StateResult {
        let keywords: ValueMap = ["dir": .string(name), "runas": user.value, "silent": .bool(silent)]
        func failed(_ error: ExecutionError) -> StateResult { state.failed("Error Bootstrapping '\(name)': \(error)") }
        return try await state.either(would: {
            do {
                let plan = try await state.call.call("npm.install", keywords: with(keywords, ["dry_run": true]))
                guard plan.isTruthy else { return state.unchanged("\(name) is already bootstrapped") }
                return StateResult(name: name, result: nil, comment: "\(name) is set to be bootstrapped", changes: ["old": [], "new": plan])
            } catch let error as ExecutionError { return failed(error) }
        }, do: {
            do {
                let done = try await state.call.call("npm.install", keywords: keywords)
                guard done.isTruthy else { return state.unchanged("Directory is already bootstrapped") }
                if let text = done.stringValue { return state.failed("Could not bootstrap directory", changes: ["output": .string(text)]) }
                return StateResult(name: name, result: true, comment: "Directory was successfully bootstrapped", changes: [.string(name): "Bootstrapped"])
            } catch let error as ExecutionError { return failed(error) }
        })
    }

    private static func cacheCleaned(_ state: StateContext, given: Value, user: String?, force: Bool) async throws -> StateResult {
        let package = given.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        let told = package ?? "packages"
        func cached(_ path: String?) async throws -> String {
            try await state.call.call("npm.cache_list", keywords: ["path": path.value, "runas": user.value]).pythonString
        }
        do {
            let known = try await cached(package)
            // Salt takes the first letter of the list for the folder of the cache, and so do we.
            if let package, try await !known.contains("\(cached(nil).prefix(1))/\(package)/") {
                return state.unchanged("Package \(package) is not in the cache")
            }
        } catch let error as ExecutionError {
            return state.failed("Error looking up cached \(told): \(error)")
        }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Cached \(told) set to be removed")
        }, do: {
            let done = try await state.call.call("npm.cache_clean", keywords: ["path": package.value, "runas": user.value])
            guard done.isTruthy else { return state.failed("Error cleaning cached \(told)") }
            return StateResult(name: state.name, result: true, comment: "Cached \(told) successfully removed", changes: [.string(package ?? "cache"): "Removed"])
        })
    }
}
