// order: 1
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What the kernel says of itself, and who runs this.
package struct KernelGrain: Grain {
    package static let name = "kernel"

    package static func collect(_ host: any Host, known: ValueMap) async -> ValueMap {
        guard let identity = try? await host.identity() else { return [:] }
        var grains: ValueMap = [
            "kernel": .string(identity.kernel), "nodename": .string(identity.nodeName),
            "kernelrelease": .string(identity.kernelRelease), "kernelversion": .string(identity.kernelVersion),
            "cpuarch": .string(identity.machine), "localhost": .string(identity.nodeName), "uid": .int(identity.userID),
            "gid": .int(identity.groupID), "pid": .int(identity.processID), "cwd": .string(identity.workingDirectory),
        ]
        if let user = try? await host.user(id: identity.userID) { grains["username"] = .string(user.name) }
        if let group = try? await host.group(id: identity.groupID) { grains["groupname"] = .string(group.name) }
        let path = identity.environment["PATH"] ?? ""
        grains["path"] = .string(path)
        grains["systempath"] = path.parts(":").value
        grains["shell"] = .string(identity.environment["SHELL"] ?? "/bin/sh")
        grains["ps"] = .string(identity.kernel == "Linux" ? "ps -efHww" : "ps auxwww")
        if let words = await kernelParameters(host) { grains["kernelparams"] = .list(words) }
        return grains
    }

    private static func kernelParameters(_ host: any Host) async -> [Value]? {
        guard let line = await host.readTextIfPresent("/proc/cmdline"), let words = try? ShellWords.split(line) else { return nil }
        return words.map { word in
            let pair = word.parts("=")
            return [.string(pair[0]), pair.count == 2 ? .string(pair[1]) : .null]
        }
    }
}
