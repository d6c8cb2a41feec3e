import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Python packages that are installed, or are not.
package struct PipState: StateModule {
    package static let name = "pip"
    package static let summary = "Python packages that are installed, or are not."

    package static let functions: [StateFunction] = [
        StateFunction("installed", "Python packages are installed.", Settings.self, body: installed),
        StateFunction("removed", "A Python package is not installed.", Settings.self, body: removed),
    ]

    struct Settings: ArgumentGroup {
        var pkgs: [Value] = []
        var install = PipModule.InstallSettings()
        var pipBin: String?

        static let fields: [ArgumentField<Settings>] = [
            .field("pkgs", \.pkgs, "Packages, each perhaps with versions."),
            .field("pip_bin", \.pipBin, "The same as bin_env."),
        ] + PipModule.InstallSettings.fields.filter { $0.argumentName != "pkgs" }.map { $0.within(\.install) }
    }

    private static func installed(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let names = settings.pkgs.isEmpty ? [state.name] : settings.pkgs.map { entry in
            entry.mapValue?.first.map { "\($0.key.pythonString) \($0.value.pythonString)" } ?? entry.pythonString
        }
        var install = settings.install
        install.binEnv = install.binEnv ?? settings.pipBin
        if let user = install.user, try await state.call.host.user(named: user) == nil { return state.failed("User \(user) does not exist") }
        do {
            if !install.requirements.isEmpty || !install.editable.isEmpty { return try await fromFiles(state, install) }
            return try await fromNames(state, names, install)
        } catch let error as ExecutionError {
            return state.failed("Error installing '\(state.name)': \(error)")
        }
    }

    private static func environment(_ state: StateContext, _ install: PipModule.InstallSettings) -> PythonEnvironment {
        PythonEnvironment(call: state.call, binEnv: install.binEnv, user: install.user, cwd: install.cwd, variables: install.envVars)
    }

    // MARK: - Files of requirements

    private static func fromFiles(_ state: StateContext, _ install: PipModule.InstallSettings) async throws -> StateResult {
        let requirements = install.requirements.joined(separator: ",")
        let editable = install.editable.joined(separator: ",")
        var would: [String] = []
        if !requirements.isEmpty { would.append("Requirements file '\(requirements)' will be processed.") }
        if !editable.isEmpty { would.append("Package will be installed in editable mode (i.e. setuptools \"develop mode\") from \(editable).") }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: would.joined(separator: " "))
        }, do: {
            var quiet = install
            quiet.disableVersionCheck = true
            let outcome = try await PipModule.install(state.call, quiet)
            let output = outcome["stdout"]?.pythonString ?? ""
            guard outcome["retcode"] == 0 else {
                var comments: [String] = []
                if !requirements.isEmpty { comments.append("Unable to process requirements file \"\(requirements)\"") }
                if !editable.isEmpty { comments.append("Unable to install from VCS checkout \(editable).") }
                comments.append("Error: \(outcome["comment"]?.pythonString ?? output + " " + (outcome["stderr"]?.pythonString ?? ""))")
                return state.failed(comments.joined(separator: " "))
            }
            var result = state.unchanged("")
            var comments: [String] = []
            if !requirements.isEmpty {
                let unchanged = ["Requirement already satisfied", "Requirement already up-to-date", "Requirement not upgraded", "Collecting", "Cloning", "Cleaning up...", "Looking in indexes"]
                let didSomething = output.parts("\n").contains { line in !unchanged.contains { line.stripped().hasPrefix($0) } }
                if didSomething { result.changes["requirements"] = true }
                comments.append(didSomething ? "Successfully processed requirements file \(requirements)." : "Requirements were already installed.")
            }
            if !editable.isEmpty {
                comments.append("Package successfully installed from VCS checkout \(editable).")
                result.changes["editable"] = true
            }
            result.comment = comments.joined(separator: " ")
            return result
        })
    }

    // MARK: - Names

    private static func fromNames(_ state: StateContext, _ names: [String], _ install: PipModule.InstallSettings) async throws -> StateResult {
        var requirements: [PythonRequirement] = []
        var problems: [String] = []
        for name in names {
            do { requirements.append(try PythonRequirement(name)) } catch { problems.append("\(error)") }
        }
        if !problems.isEmpty { return state.failed(problems.joined(separator: "\n")) }
        let python = environment(state, install)
        let present = Dictionary(try await python.packages().map { ($0.name, $0.version) }) { first, _ in first }
        let outdated = install.upgrade ? try await newer(python) : []
        let targets = requirements.filter { requirement in
            guard !requirement.name.isEmpty, let version = present[requirement.name] else { return true }
            if install.forceReinstall || install.ignoreInstalled { return true }
            return !PythonVersion.fulfils(version, requirement.specs) || outdated.contains(requirement.name)
        }
        let kept = requirements.filter { requirement in !targets.contains { $0.text == requirement.text } }
        var comments = kept.map { "Python package \($0.text) was already installed" }
        if targets.isEmpty {
            comments.append("All specified packages are already installed" + (install.upgrade ? " and up-to-date" : ""))
            return state.unchanged(comments.joined(separator: "\n"))
        }
        let would = requirements.count > 1
            ? "Python package(s) set to be installed:" + requirements.map { "\n" + $0.text }.joined()
            : "Python package \(targets[0].text) is set to be installed"
        return try await state.either(would: { StateResult(name: state.name, result: nil, comment: would) }, do: {
            var quiet = install
            quiet.disableVersionCheck = true
            // Commas inside one requirement must survive the splitting of lists.
            quiet.pkgs = targets.map { $0.text.parts(",").joined(separator: ";") }
            let outcome = try await PipModule.install(state.call, quiet)
            guard outcome["retcode"] == 0 else {
                let list = targets.map(\.text).joined(separator: ", ")
                comments.append("Failed to install packages: \(list). Error: \(outcome["stdout"]?.pythonString ?? "") \(outcome["stderr"]?.pythonString ?? "")")
                return state.failed(comments.joined(separator: "\n"))
            }
            let after = Dictionary(try await python.packages().map { ($0.name, $0.version) }) { first, _ in first }
            var changes = ValueMap()
            for target in targets {
                if target.name.isEmpty {
                    changes[.string("\(target.text)==???")] = "Installed"
                } else if let version = after[target.name], version != present[target.name] || install.forceReinstall || install.ignoreInstalled {
                    changes[.string("\(target.name)==\(version)")] = "Installed"
                }
            }
            comments.append("All packages were successfully installed")
            return StateResult(name: state.name, result: true, comment: comments.joined(separator: "\n"), changes: changes)
        })
    }

    /// The installed packages of which there are newer ones.
    private static func newer(_ python: PythonEnvironment) async throws -> Set<String> {
        let result = try await python.run(["list", "--outdated", "--format=json", "--disable-pip-version-check"])
        guard result.succeeded, let list = try? Value(jsonText: result.text).listValue else { return [] }
        return Set(list.compactMap { $0["name"]?.stringValue }.map { PythonEnvironment.normalise($0) })
    }

    // MARK: - Removed

    private static func removed(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let install = settings.install
        do {
            let wanted = PythonEnvironment.normalise(state.name)
            guard try await environment(state, install).packages().contains(where: { $0.name == wanted }) else {
                return state.unchanged("Package is not installed.")
            }
            return try await state.either(would: {
                StateResult(name: state.name, result: nil, comment: "Package \(state.name) is set to be removed")
            }, do: {
                let outcome = try await PipModule.uninstall(
                    state.call, pkgs: [state.name], requirements: nil, binEnv: install.binEnv,
                    options: ["user": install.user.value, "cwd": install.cwd.value])
                guard outcome["retcode"] == 0 else { return state.failed("Could not remove package.") }
                return StateResult(
                    name: state.name, result: true, comment: "Package was successfully removed.", changes: [.string(state.name): "Removed"])
            })
        } catch let error as ExecutionError {
            return state.failed("Error uninstalling '\(state.name)': \(error)")
        }
    }
}
