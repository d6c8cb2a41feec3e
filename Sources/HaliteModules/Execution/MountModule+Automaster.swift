import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The automounter's table of macOS, a line of three words for each mount.
extension MountModule {
    static let automounting: [Function] = [
        Function("automaster", "Return the automounter's table.", .optional("config", "/etc/auto_salt", "The file."), body: automaster),
        Function(
            "set_automaster", "Put a mount into the automounter's table: present, new or change.", .required("name", "The mount point."),
            .required("device", "The device."), .required("fstype", "The type."), .optional("opts", "" as Value, "Options: text or list."),
            .optional("config", "/etc/auto_salt", "The file."), .optional("test", false, "Only tell."),
            .optional("not_change", false, "Leave a line that is found as it is."), .keywords("kwargs", "Ignored."), body: setAutomaster),
        Function(
            "rm_automaster", "Take a mount out of the automounter's table.", .required("name", "The mount point."),
            .required("device", "The device."), .optional("config", "/etc/auto_salt", "The file."), body: removeAutomaster),
    ]

    private static let prefix = "/.."

    private static func words(_ line: String) -> [String]? {
        if line.hasPrefix("#") { return nil }
        let words = line.words()
        return words.count == 3 ? words : nil
    }

    private static func automaster(_ call: CallContext, config: String) async throws -> ValueMap {
        var found = ValueMap()
        guard try await call.host.isFile(config) else { return found }
        for line in PythonLines.split(try await call.host.readText(config)) {
            guard let words = words(line) else { continue }
            let options = words[1].parts(",")
            let device = words[2].parts(":")
            found[.string(words[0].parts(prefix).joined())] = [
                "device": .string(device.count > 1 ? device[1] : ""), "fstype": .string(options[0]),
                "opts": Array(options.dropFirst()).value,
            ]
        }
        return found
    }

    private static func setAutomaster(
        _ call: CallContext, name: String, device: String, type: String, given: Value, config: String, test: Bool, keep: Bool,
        ignored: ValueMap
    ) async throws -> String {
        if try await !call.host.isFile(config) {
            try await call.host.touch(config, accessTime: nil, modificationTime: nil)
            _ = try await call.call("file.append", "/etc/auto_master", .string("/-\t\t\t\(config)"))
        }
        let wanted = [
            prefix + name, "-fstype=\(type),\(options(given).joined(separator: ","))", type == "smbfs" ? ":\(device)" : "\(type):\(device)",
        ]
        let text = try await call.host.readText(config)
        var lines: [String] = []
        var (isPresent, isChanged) = (false, false)
        for line in TextContent.lines(Array(text.utf8)) {
            guard let found = words(line), found[0] == wanted[0] || found[2] == wanted[2] else {
                lines.append(line)
                continue
            }
            isPresent = true
            if keep || found == wanted {
                lines.append(line)
            } else {
                isChanged = true
                lines.append(wanted.joined(separator: "\t") + "\n")
            }
        }
        if !isPresent { lines.append(wanted.joined(separator: "\t") + "\n") }
        if !test, lines.joined() != text { try await FileEdit(old: text, new: lines.joined()).write(config, .inside, call.host) }
        return isChanged ? "change" : isPresent ? "present" : "new"
    }

    private static func removeAutomaster(_ call: CallContext, name: String, device: String?, config: String) async throws -> Bool {
        guard try await automaster(call, config: config)[name] != nil else { return true }
        let text = try await call.host.readText(config)
        let kept = TextContent.lines(Array(text.utf8)).filter { line in
            guard let found = words(line), found[0].parts(prefix).joined() == name else { return true }
            guard let device, !device.isEmpty else { return false }
            let parts = found[2].parts(":")
            return !(parts.count > 1 && parts[1] == device)
        }
        try await FileEdit(old: text, new: kept.joined()).write(config, .inside, call.host)
        _ = try await call.host.run("automount", "-cv")
        return true
    }
}
