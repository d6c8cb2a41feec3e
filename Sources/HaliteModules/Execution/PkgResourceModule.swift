import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What the modules for package managers share: names, versions and lists of packages.
package struct PkgResourceModule: ExecutionModule {
    package static let name = "pkg_resource"
    package static let summary = "What the modules for package managers share: names, versions and lists of packages."

    package static let functions: [Function] = [
        Function("pack_sources", "Make one map of a list of packages with the place of their file.", .required("sources", "A list of maps, or its YAML."), .optional("normalize", true, "Drop the host's architecture from names."), body: packSources),
        Function("parse_targets", "Return packages with versions or files, and which of both.", .optional("name", nil as String?, "A package, or several with commas."), .optional("pkgs", nil as [Value]?, "Packages, each a name or a name and a version."), .optional("sources", nil as [Value]?, "Packages with the place of their file."), .optional("saltenv", "base", "The environment of the files."), .optional("normalize", true, "Drop the host's architecture from names."), .keywords("kwargs", "version."), body: parseTargets),
        Function("version", "Return the installed version of packages.", .rest("names", "Packages; patterns too."), .keywords("kwargs", "versions_as_list."), body: version),
        Function("add_pkg", "Return a map of packages with one version more.", .required("pkgs", "Names with lists of versions."), .required("name", "The package."), .required("pkgver", "The version."), body: addPackage),
        Function("sort_pkglist", "Return a map of packages with sorted versions.", .required("pkgs", "Names with lists of versions."), body: sortPackages),
        Function("stringify", "Return a map of packages with versions joined by commas.", .required("pkgs", "Names with lists of versions."), body: stringify),
        Function("version_clean", "Return a version as the package manager writes it.", .required("verstr", "The version.")) { (_: CallContext, version: Value) async throws -> Value in version },
        Function("version_compare", "Tell whether two versions are related so.", .required("ver1", "A version."), .required("oper", "One of <, <=, ==, >=, >, !=."), .required("ver2", "A version."), .optional("ignore_epoch", false, "Without the epochs."), body: versionCompare),
        Function("check_extra_requirements", "Tell whether a package meets what its version asks for beside the number.", .required("pkgname", "The package."), .required("pkgver", "The version.")) { (_: CallContext, _: String, _: Value) async throws -> Bool in true },
        Function("format_version", "Join the parts of a version.", .required("epoch", "The epoch, or nothing."), .required("version", "The version."), .required("release", "The release, or nothing."), body: formatVersion),
    ]

    private static func packSources(_ call: CallContext, sources: Value, normalize: Bool) async throws -> ValueMap {
        var list = sources.listValue ?? []
        if let text = sources.stringValue { list = try await call.services.templates.parse(text, format: "yaml", name: "sources", in: call).listValue ?? [] }
        var found = ValueMap()
        for entry in list {
            guard case .map(let map) = entry, map.count == 1, let (name, place) = map.first else { return [:] }
            found[.string(normalize ? try await PackageFunctions(call: call).normalised(name.pythonString) : name.pythonString)] = place
        }
        return found
    }

    private static func parseTargets(
        _ call: CallContext, name: String?, pkgs: [Value]?, sources: [Value]?, saltenv: String, normalize: Bool, options: ValueMap
    ) async throws -> [Value] {
        let functions = PackageFunctions(call: call)
        if pkgs != nil, sources != nil { return [.null, .null] }
        if let advisories = options["advisory_ids"] {
            return pkgs == nil ? [advisories.isTruthy ? advisories : .list([name.value]), "advisory"] : [.null, .null]
        }
        if let pkgs, !pkgs.isEmpty {
            let wanted = try await functions.wanted(pkgs, normalise: normalize)
            return [.map(ValueMap(wanted.map { (.string($0.name), $0.version.value) })), "repository"]
        }
        if let sources, !sources.isEmpty {
            return [try await PackageFile.place(sources, call).map(\.path).value, "file"]
        }
        guard let name, !name.isEmpty else { return [.null, .null] }
        var found = ValueMap()
        for part in name.parts(",") { found[.string(normalize ? try await functions.normalised(part) : part)] = options["version"] ?? .null }
        return [.map(found), "repository"]
    }

    private static func version(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        let installed = try await PackageFunctions(call: call).installed()
        return PackageAnswer.versions(names, installed, asList: options["versions_as_list"]?.isTrueAsSaltSees ?? false)
    }

    private static func addPackage(_ call: CallContext, pkgs: ValueMap, name: String, version: Value) async throws -> ValueMap {
        var pkgs = pkgs
        pkgs[.string(name)] = .list((pkgs[name]?.listValue ?? []) + [version])
        return pkgs
    }

    private static func sortPackages(_ call: CallContext, pkgs: ValueMap) async throws -> ValueMap {
        ValueMap(pkgs.map { name, versions in
            (name, Set((versions.listValue ?? []).map(\.pythonString)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.value)
        })
    }

    private static func stringify(_ call: CallContext, pkgs: ValueMap) async throws -> ValueMap {
        ValueMap(pkgs.map { ($0.key, .string(($0.value.listValue ?? []).map(\.pythonString).joined(separator: ","))) })
    }

    private static func versionCompare(_ call: CallContext, left: String, oper: String, right: String, ignoreEpoch: Bool) async throws -> Bool {
        guard let order = try await PackageFunctions(call: call).compare(left, right, ignoreEpoch: ignoreEpoch) else { return false }
        return PackageList.holds(order, oper)
    }

    private static func formatVersion(_ call: CallContext, epoch: String?, version: String, release: String?) async throws -> String {
        RpmPackage.version(epoch: epoch ?? "", version: version, release: release ?? "")
    }
}
