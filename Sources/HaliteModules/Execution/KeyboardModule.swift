import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The layout of the keyboard.
package struct KeyboardModule: ExecutionModule {
    package static let name = "keyboard"
    package static let summary = "The layout of the keyboard."
    package static let requires: Requirement = .any([.command("localectl"), .osFamily("RedHat"), .osFamily("Debian"), .osFamily("Gentoo")])

    package static let functions: [Function] = [
        Function("get_sys", "Return the layout of the console.", body: system),
        Function("set_sys", "Set the layout of the console.", .required("layout", "Such as us."), body: setSystem),
        Function("get_x", "Return the layout of the X server.", body: xorg),
        Function("set_x", "Set the layout of the X server.", .required("layout", "Such as us."), body: setXorg),
    ]

    private static func file(_ call: CallContext) -> (path: String, key: String) {
        switch call.grains["os_family"]?.stringValue {
        case "RedHat": ("/etc/sysconfig/keyboard", "LAYOUT")
        case "Gentoo": ("/etc/conf.d/keymaps", "keymap")
        default: ("/etc/default/keyboard", "XKBLAYOUT")
        }
    }

    static func system(_ call: CallContext) async throws -> String {
        if await call.host.which("localectl") != nil {
            let line = try await call.host.run("localectl").lines.first { $0.contains("Keymap") } ?? ""
            let pair = line.parts(": ", maxSplits: 1)
            if pair.count == 2 { return pair[1].parts("\"").joined() }
        } else {
            let (path, key) = file(call)
            let lines = PythonLines.split(await call.host.readTextIfPresent(path) ?? "")
            if let line = lines.first(where: { $0.contains(key) && !$0.hasPrefix("#") && $0.contains("=") }) {
                return line.parts("=")[1].parts("\"").joined()
            }
        }
        throw ExecutionError("the layout of the keyboard is not known")
    }

    static func setSystem(_ call: CallContext, layout: String) async throws -> String {
        if await call.host.which("localectl") != nil {
            _ = try await call.host.run("localectl", "set-keymap", layout)
            return layout
        }
        let (path, key) = file(call)
        let old = try await call.host.readText(path)
        let lines = TextContent.lines(Array(old.utf8)).map { line in
            line.hasPrefix(key + "=") ? "\(key)=\(layout)" + (line.hasSuffix("\n") ? "\n" : "") : line
        }
        try await FileEdit(old: old, new: lines.joined()).write(path, .inside, call.host)
        return layout
    }

    static func xorg(_ call: CallContext) async throws -> String {
        let line = try await call.host.run("setxkbmap", "-query").lines.first { $0.contains("layout") } ?? ""
        let parts = line.parts(":")
        guard parts.count > 1 else { throw ExecutionError("the layout of the X server is not known") }
        return parts[1].stripped()
    }

    static func setXorg(_ call: CallContext, layout: String) async throws -> String {
        _ = try await call.host.run("setxkbmap", layout)
        return layout
    }
}
