import HaliteCore
import HaliteModuleKit
import HaliteValue

extension PkgState {
    static func latest(_ state: StateContext, _ settings: InstalledSettings) async throws -> StateResult {
        if !settings.sources.isEmpty { return state.failed("The \"sources\" parameter is not supported.") }
        if let pkgs = settings.pkgs, pkgs.isEmpty { return state.unchanged("No packages to install provided") }
        let packages = PackageFunctions(call: state.call)
        var refresh = packages.wantsRefresh(settings.refresh)
        var asked: [Value] = [.string(state.name)]
        if let pkgs = settings.pkgs { asked = try await packages.wanted(pkgs, normalise: true).map { .string($0.name) } }
        if settings.resolveCapabilities {
            (asked, refresh) = try await packages.resolveCapabilities(asked, refresh: refresh, settings.keywords)
        }
        let names = PackageList.parse(name: nil, pkgs: asked, version: nil).map(\.name)
        let available: ValueMap
        let current: ValueMap
        do {
            var keywords = settings.keywords
            keywords["fromrepo"] = settings.fromrepo.value
            keywords["refresh"] = .bool(refresh)
            available = named(try await packages.run("latest_version", names.map { .string($0) }, keywords), names)
            current = named(try await packages.run("version", names.map { .string($0) }, settings.keywords), names)
        } catch let error as ExecutionError {
            return state.failed("An error was encountered while checking the newest available version of package(s): \(error)")
        }
        let unknown = names.filter { available[$0]?.isTruthy != true && current[$0]?.isTruthy != true }
        if !unknown.isEmpty { return state.failed(unknown.map { "No information found for '\($0)'." }.joined(separator: " ")) }
        let targets = names.filter { available[$0]?.isTruthy == true }
        // Salt takes the entries as they were given here, so that those with a version are among the ones that are fine.
        let fine = settings.pkgs == nil ? [] : asked.map(\.pythonString).filter { !targets.contains($0) }.sorted()
        guard !targets.isEmpty else { return state.unchanged(everythingIsNew(names)) }
        let upgrade = Upgrade(state: state, settings: settings, packages: packages, targets: targets, fine: fine, available: available, current: current)
        return try await upgrade.run()
    }

    /// An answer about one name is a text.
    private static func named(_ answer: Value, _ names: [String]) -> ValueMap {
        if case .map(let map) = answer { return map }
        return names.first.map { [.string($0): answer] } ?? [:]
    }

    private static func everythingIsNew(_ names: [String]) -> String {
        if names.count > 10 { return "All \(names.count) packages are up-to-date." }
        if names.count > 1 { return "All packages are up-to-date (\(names.sorted().joined(separator: ", ")))." }
        return "Package \(names.first ?? "") is already up-to-date"
    }

    /// What `pkg.latest` installs.
    private struct Upgrade {
        let state: StateContext
        let settings: InstalledSettings
        let packages: PackageFunctions
        let targets: [String]
        let fine: [String]
        let available: ValueMap
        let current: ValueMap

        func run() async throws -> StateResult {
            do {
                let foreseen = try await state.whenPlanning {
                    try await packages.foreseen(targets.map { ($0, available[$0]?.pythonString) }, current: current)
                } ?? [:]
                var result = try await state.change(foreseen, would: planned, did: "") {
                    var keywords = settings.keywords
                    keywords["refresh"] = false
                    keywords["fromrepo"] = settings.fromrepo.value
                    keywords["skip_verify"] = .bool(settings.skipVerify)
                    keywords["pkgs"] = targets.value
                    keywords["hold"] = settings.hold.value
                    keywords["update_holds"] = settings.updateHolds ? true : .null
                    return try await packages.run("install", [], keywords).mapValue ?? [:]
                }
                if result.result == nil { return result }
                conclude(&result)
                return result
            } catch let error as PackageError {
                return state.failed("An error was encountered while installing package(s): \(error)")
            } catch let error as ExecutionError {
                return state.failed("An error was encountered while installing package(s): \(error)")
            }
        }

        private var planned: String {
            let text = "The following packages would be installed/upgraded: " + targets.sorted().joined(separator: ", ")
            if fine.isEmpty { return text }
            if fine.count > 10 { return text + "\n\(fine.count) packages are already up-to-date" }
            let list = fine.map { "\($0) (\(current[$0]?.pythonString ?? ""))" }.joined(separator: ", ")
            return text + "\nThe following packages are already up-to-date: " + list
        }

        private func conclude(_ result: inout StateResult) {
            guard !result.changes.isEmpty else {
                result.result = false
                result.comment = nothingHappened
                return
            }
            let failed = targets.filter { name in
                guard let change = result.changes[name], change.isTruthy else { return true }
                guard let new = change["new"]?.stringValue, let wanted = available[name]?.pythonString, wanted != "latest" else { return false }
                return !new.parts(",").contains(wanted)
            }.sorted()
            let done = targets.filter { !failed.contains($0) }.sorted()
            var comments: [String] = []
            if !failed.isEmpty { comments.append("The following packages failed to update: \(failed.joined(separator: ", "))") }
            if !done.isEmpty { comments.append("The following packages were successfully installed/upgraded: \(done.joined(separator: ", "))") }
            if !fine.isEmpty {
                comments.append(
                    fine.count <= 10
                        ? "The following packages were already up-to-date: \(fine.joined(separator: ", "))"
                        : "\(fine.count) packages were already up-to-date ")
            }
            result.comment = comments.joined(separator: " ")
            result.result = failed.isEmpty
        }

        private var nothingHappened: String {
            var text: String
            if targets.count > 10 {
                text = "\(targets.count) targeted packages failed to update. See debug log for details."
            } else if targets.count > 1 {
                text = "The following targeted packages failed to update. See debug log for details: (\(targets.sorted().joined(separator: ", ")))."
            } else {
                text = "Package \(targets[0]) failed to update."
            }
            if !fine.isEmpty {
                text += fine.count <= 10
                    ? " The following packages were already up-to-date: \(fine.joined(separator: ", "))"
                    : "\(fine.count) packages were already up-to-date"
            }
            return text
        }
    }
}
