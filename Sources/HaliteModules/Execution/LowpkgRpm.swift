import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What rpm itself knows of packages.
package struct LowpkgRpm: ExecutionModule {
    package static let name = "lowpkg"
    package static let summary = "What rpm itself knows of packages."
    package static let requires: Requirement = (.osFamily("RedHat") || .osFamily("Suse")) && .command("rpm")

    package static let functions: [Function] = [
        Function("bin_pkg_info", "Return name, version and architecture of a package file.", .required("path", "The file, or where it comes from."), .optional("saltenv", "base", "The environment of the file."), body: fileInfo),
        Function("list_pkgs", "Return the installed packages with their versions.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "root."), body: listPackages),
        Function("verify", "Return the files of packages that differ from what was installed.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "ignore_types, verify_options, root."), body: verify),
        Function("file_list", "Return the files of packages.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "root."), body: fileList),
        Function("owner", "Return the package that a file belongs to.", .rest("paths", "Files."), .keywords("kwargs", "root."), body: owner),
        Function("version_cmp", "Compare two versions: -1, 0 or 1.", .required("ver1", "A version."), .required("ver2", "A version."), .optional("ignore_epoch", false, "Without the epochs.")) { (_: CallContext, left: Value, right: Value, ignore: Bool) async throws -> Int in
            RpmVersion.compare(left.pythonString, right.pythonString, ignoreEpoch: ignore)
        },
    ]

    private static func rpm(_ options: ValueMap) -> [String] {
        guard let root = options["root"], root.isTruthy else { return ["rpm"] }
        return ["rpm", "--root", root.pythonString]
    }

    private static func fileInfo(_ call: CallContext, path: String, saltenv: String) async throws -> Value {
        let place: String
        do { place = try await PackageFile.place(path, call) } catch let error as ExecutionError {
            throw path.hasPrefix("/") ? error : ExecutionError("Unable to retrieve \(path) from saltenv '\(saltenv)'")
        }
        let result = try await call.host.run("rpm", "-qp", "--queryformat", RpmPackage.queryFormat(repository: "none"), place)
        guard let package = RpmPackage(line: result.text, host: PkgDnf.architecture(call)) else { return .null }
        return [
            "name": .string(package.name), "version": .string(package.version), "arch": .string(package.architecture),
            "repoid": .string(package.repository),
            "install_date": package.installTime.map { .string(CivilDate.isoText(secondsSince1970: $0) + "+00:00Z") } ?? .null,
            "install_date_time_t": package.installTime.map { .int($0) } ?? .null,
        ]
    }

    private static func listPackages(_ call: CallContext, packages: [Value], options: ValueMap) async throws -> ValueMap {
        let words = rpm(options) + [packages.isEmpty ? "-qa" : "-q", "--queryformat", "%{NAME} %{VERSION}\\n"] + packages.map(\.pythonString)
        var found = ValueMap()
        for line in try await call.host.run(Command(words)).lines where !line.contains("is not installed") {
            let columns = line.words()
            if columns.count > 1 { found[.string(columns[0])] = .string(columns[1]) }
        }
        return found
    }

    private static func fileList(_ call: CallContext, packages: [Value], options: ValueMap) async throws -> ValueMap {
        let words = rpm(options) + [packages.isEmpty ? "-qla" : "-ql"] + packages.map(\.pythonString)
        return ["errors": [], "files": PythonLines.split(try await call.host.run(Command(words)).text).value]
    }

    static func owner(_ call: CallContext, paths: [Value], options: ValueMap) async throws -> Value {
        if paths.isEmpty { return "" }
        var found = ValueMap()
        for path in paths {
            let text = try await call.host.run(Command(rpm(options) + ["-qf", "--queryformat", "%{name}", path.pythonString])).text
            found[path] = .string(text.lowercased().contains("not owned") ? "" : text)
        }
        return found.count == 1 ? found.first?.value ?? "" : .map(found)
    }

    private static func words(_ value: Value?) -> [String] {
        value?.listValue?.map(\.pythonString) ?? value.map { $0.pythonString.parts(",").map { $0.stripped() } } ?? []
    }

    private static func verify(_ call: CallContext, packages: [Value], options: ValueMap) async throws -> ValueMap {
        let kinds: [Character: String] = ["c": "config", "d": "doc", "g": "ghost", "l": "license", "r": "readme"]
        let faults = ["S": "size", "M": "mode", "5": "md5sum", "D": "device major/minor number", "L": "readlink path", "U": "user", "G": "group", "T": "mtime", "P": "capabilities"]
        let order = ["S", "M", "5", "D", "L", "U", "G", "T", "P"]
        let ignored = words(options["ignore_types"])
        let command = rpm(options) + words(options["verify_options"]).map { "--" + $0 } + (packages.isEmpty ? ["-Va"] : ["-V"] + packages.map(\.pythonString))
        let result = try await call.host.run(Command(command))
        if result.text.stripped().isEmpty, !result.succeeded {
            throw ExecutionError("Failed to verify package(s)" + (result.errorText.isEmpty ? "" : ": \(result.errorText)"))
        }
        var found = ValueMap()
        for line in result.lines where !line.isEmpty {
            let isMissing = line.contains("missing")
            let signs = Array(isMissing ? " " + line : line)
            guard signs.count > 13 else { continue }
            var told = ValueMap()
            if isMissing { told["missing"] = true }
            if let kind = kinds[signs[11]] {
                if ignored.contains(kind) { continue }
                told["type"] = .string(kind)
            }
            if !isMissing {
                told["mismatch"] = order.enumerated().filter { String(signs[$0.offset]) == $0.element }.compactMap { faults[$0.element] }.value
            }
            found[.string(String(signs[13...]))] = .map(told)
        }
        return found
    }
}
