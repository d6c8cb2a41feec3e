import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What dpkg itself knows of packages.
package struct LowpkgDpkg: ExecutionModule {
    package static let name = "lowpkg"
    package static let summary = "What dpkg itself knows of packages."
    package static let requires: Requirement = .osFamily("Debian")

    package static let functions: [Function] = [
        Function("bin_pkg_info", "Return name, version and architecture of a package file.", .required("path", "The file, or where it comes from."), .optional("saltenv", "base", "The environment of the file."), example: "halite '*' lowpkg.bin_pkg_info salt://packages/tool_1.0_all.deb", body: fileInfo),
        Function("unpurge", "Let packages that are set to be purged stay.", .rest("packages", "Packages."), body: unpurge),
        Function("list_pkgs", "Return the installed packages with their versions.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Ignored."), body: listPackages),
        Function("file_list", "Return the files of packages.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Ignored."), body: fileList),
        Function("file_dict", "Return the files of packages by package.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Ignored."), body: fileDictionary),
        Function("info", "Return what is known of installed packages.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "failhard."), body: info),
    ]

    private static func fileInfo(_ call: CallContext, path: String, saltenv: String) async throws -> ValueMap {
        let place: String
        do { place = try await PackageFile.place(path, call) } catch let error as ExecutionError {
            throw path.hasPrefix("/") ? error : ExecutionError("Unable to retrieve \(path) from saltenv '\(saltenv)'")
        }
        let result = try await call.host.run("dpkg", "-I", place)
        guard result.succeeded else {
            throw ExecutionError("Unable to get info for \(place)" + (result.errorText.isEmpty ? "" : ": \(result.errorText)"))
        }
        var info = ValueMap()
        for line in result.lines.map({ $0.stripped() }) {
            for (field, key) in [("Package", "name"), ("Version", "version"), ("Architecture", "arch")] where line.hasPrefix(field) {
                if line.dropFirst(field.count).drop(while: { $0 == " " }).first == ":" { info[.string(key)] = .string(line.words().last ?? "") }
            }
        }
        let missing = ["name", "version", "arch"].filter { info[$0] == nil }
        if !missing.isEmpty { throw ExecutionError("Unable to get \(missing.joined(separator: ", ")) for \(place)") }
        let architecture = info["arch"]?.stringValue ?? ""
        if call.grains["cpuarch"] == "x86_64", architecture != "all", call.grains["osarch"] == "amd64", architecture != "amd64" {
            info["name"] = .string("\(info["name"]?.stringValue ?? ""):\(architecture)")
        }
        return info
    }

    private static func unpurge(_ call: CallContext, packages: [Value]) async throws -> ValueMap {
        if packages.isEmpty { return [:] }
        let old = DpkgDatabase.map(try await DpkgDatabase.read(call).purgeDesired)
        var command = Command(["dpkg", "--set-selections"])
        command.standardInput = Array(packages.map { "\($0.pythonString) install" }.joined(separator: "\n").utf8)
        _ = try await call.host.run(command)
        DpkgDatabase.forget(call)
        return PackageList.changes(old, DpkgDatabase.map(try await DpkgDatabase.read(call).purgeDesired))
    }

    /// The columns of installed packages; the words of an error instead.
    private static func installed(_ call: CallContext, _ packages: [Value], _ fields: String) async throws -> (rows: [[String]], error: String?) {
        let format = "-f=${db:Status-Status}\t\(fields)\n"
        let result = try await call.host.run(Command(["dpkg-query", format, "-W"] + packages.map(\.pythonString)))
        guard result.succeeded else { return ([], "Error:  " + result.errorText) }
        return (result.lines.map { $0.parts("\t") }.filter { $0.first == "installed" }.map { Array($0.dropFirst()) }, nil)
    }

    private static func listPackages(_ call: CallContext, packages: [Value], ignored: ValueMap) async throws -> Value {
        let found = try await installed(call, packages, "${binary:Package}\t${Version}")
        if let error = found.error { return .string(error) }
        return .map(ValueMap(found.rows.map { (.string($0[0]), .string($0.count > 1 ? $0[1] : "")) }))
    }

    private static func fileList(_ call: CallContext, packages: [Value], ignored: ValueMap) async throws -> Value {
        let found = try await installed(call, packages, "${binary:Package}")
        if let error = found.error { return .string(error) }
        var files: Set<String> = []
        for row in found.rows { files.formUnion(try await call.host.run("dpkg", "-L", row[0]).lines) }
        return ["errors": [], "files": files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.value]
    }

    private static func fileDictionary(_ call: CallContext, packages: [Value], ignored: ValueMap) async throws -> Value {
        let found = try await installed(call, packages, "${binary:Package}")
        if let error = found.error { return .string(error) }
        var files = ValueMap()
        for row in found.rows { files[.string(row[0])] = try await call.host.run("dpkg", "-L", row[0]).lines.value }
        return ["errors": [], "packages": .map(files)]
    }

    // MARK: - Information

    private static let format =
        "-f=package:${Package}\\nrevision:${binary:Revision}\\narchitecture:${Architecture}\\nmaintainer:${Maintainer}\\nsummary:${Summary}\\nsource:${source:Package}\\nversion:${Version}\\nsection:${Section}\\ninstalled_size:${Installed-size}\\nsize:${Size}\\nMD5:${MD5sum}\\nSHA1:${SHA1}\\nSHA256:${SHA256}\\norigin:${Origin}\\nhomepage:${Homepage}\\nstatus:${db:Status-Abbrev}\\ninstall_date:${db-fsys:Last-Modified}\\ndescription:${Description}\\n\\n*/~^\\\\*\\n"

    private static func info(_ call: CallContext, packages: [Value], options: ValueMap) async throws -> ValueMap {
        let result = try await call.host.run(Command(["dpkg-query", "-W", format] + packages.map(\.pythonString)))
        guard result.exitCode == 0 else {
            if options["failhard"]?.isTruthy ?? true { throw ExecutionError("Error getting packages information: \(result.errorText)") }
            return [:]
        }
        var found = ValueMap()
        for block in result.text.parts("*/~^\\*") where !block.stripped().isEmpty {
            let halves = block.parts("\ndescription:", maxSplits: 1)
            var data = ValueMap()
            for line in halves[0].parts("\n").map({ $0.stripped() }) where !line.isEmpty {
                let pair = line.parts(":", maxSplits: 1)
                guard pair.count == 2, !pair[1].isEmpty, pair[0] != "installed_size" else { continue }
                if pair[0] == "install_date" {
                    if let time = Int(pair[1]) { data["install_date"] = .string(CivilDate.isoText(secondsSince1970: time) + "Z") }
                } else {
                    data[.string(pair[0])] = .string(pair[1])
                }
            }
            if halves.count > 1 { data["description"] = .string(halves[1].hasSuffix("\n") ? String(halves[1].dropLast()) : halves[1]) }
            let name = data["package"]?.stringValue ?? ""
            if let license = await license(call, name) { data["license"] = .string(license) }
            found[.string(name)] = .map(data)
        }
        return found
    }

    private static func license(_ call: CallContext, _ name: String) async -> String? {
        guard let text = await call.host.readTextIfPresent("/usr/share/doc/\(name)/copyright") else { return nil }
        let names = Set(text.parts("\n").filter { $0.hasPrefix("License:") }.map { String($0.dropFirst(8)).stripped() })
        let joined = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ", ")
        return joined.isEmpty ? nil : joined
    }
}
