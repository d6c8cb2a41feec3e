import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The SELinux context of a file: the argument `selinux`.
enum SecurityLabel {
    /// Argument, its word in Salt's changes, and the option of `chcon`.
    private static let parts = [("seuser", "User", "-u"), ("serole", "Role", "-r"), ("setype", "Type", "-t"), ("serange", "Range", "-l")]

    static func enforce(_ path: String, _ wanted: ValueMap, _ call: CallContext) async throws -> (changes: ValueMap, problems: [String]) {
        guard wanted.contains(where: { $0.value.isTruthy }) else { return ([:], []) }
        guard let current = try await read(path, call) else { return ([:], ["Failed to get selinux attributes"]) }
        var command = ["chcon"]
        var old: [String] = []
        var new: [String] = []
        for (index, part) in parts.enumerated() {
            guard let value = wanted[part.0], value.isTruthy, value.pythonString != current[index] else { continue }
            old.append("\(part.1): \(current[index])")
            new.append("\(part.1): \(value.pythonString)")
            command += [part.2, value.pythonString]
        }
        if new.isEmpty { return ([:], []) }
        guard try await call.host.run(Command(command + [path])).succeeded, let after = try await read(path, call) else {
            return ([:], ["Failed to set selinux attributes"])
        }
        var problems = ["The file \(path) is set to be changed"]
        for (index, part) in parts.enumerated() {
            guard let value = wanted[part.0], value.isTruthy, value.pythonString != after[index] else { continue }
            problems.append("Unable to update \(part.0) context")
        }
        let changes: ValueMap = ["selinux": ["Old": .string(old.joined(separator: " ")), "New": .string(new.joined(separator: " "))]]
        return (changes, problems.count > 1 ? problems : [])
    }

    /// User, role, type and range; nil on a host without SELinux.
    private static func read(_ path: String, _ call: CallContext) async throws -> [String]? {
        let result = try await call.host.run(Command(["stat", "-c", "%C", path]))
        let parts = result.text.parts(":", maxSplits: 3)
        return result.succeeded && parts.count == 4 ? parts : nil
    }
}
