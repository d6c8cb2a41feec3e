import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Which of several programs a name stands for.
package struct AlternativesModule: ExecutionModule {
    package static let name = "alternatives"
    package static let summary = "Which of several programs a name stands for."
    package static let requires: Requirement = .path("/etc/alternatives")

    package static let functions: [Function] = [
        Function("display", "Return what is known of a name.", .required("name", "The name."), body: { (call: CallContext, name: String) async throws -> String in try await run(call, "--display", name).text }),
        Function("show_current", "Return the program that a name stands for.", .required("name", "The name."), body: current),
        Function("show_link", "Return the link of a name.", .required("name", "The name."), body: link),
        Function("check_exists", "Tell whether a program is among those of a name.", .required("name", "The name."), .required("path", "The program."), body: exists),
        Function("check_installed", "Tell whether a name stands for a program.", .required("name", "The name."), .required("path", "The program."), body: isCurrent),
        Function("install", "Add a program to those of a name.", .required("name", "The name."), .required("link", "The link."), .required("path", "The program."), .required("priority", "Its priority."), body: install),
        Function("remove", "Take a program from those of a name.", .required("name", "The name."), .required("path", "The program."), body: { (call: CallContext, name: String, path: String) async throws -> String in try await run(call, "--remove", name, path).text }),
        Function("set", "Have a name stand for a program.", .required("name", "The name."), .required("path", "The program."), body: { (call: CallContext, name: String, path: String) async throws -> String in try await run(call, "--set", name, path).text }),
        Function("auto", "Have a name stand for the program of the highest priority.", .required("name", "The name."), body: { (call: CallContext, name: String) async throws -> String in try await run(call, "--auto", name).text }),
    ]

    static func run(_ call: CallContext, _ words: String...) async throws -> CommandResult {
        let program = await call.host.which("update-alternatives") != nil ? "update-alternatives" : "alternatives"
        return try await call.host.run(Command([program] + words))
    }

    static func current(_ call: CallContext, name: String) async throws -> Value {
        guard !name.contains("/"), let target = try? await call.host.readLink("/etc/alternatives/\(name)") else { return false }
        return .string(target)
    }

    private static func link(_ call: CallContext, name: String) async throws -> Value {
        let lines = try await run(call, "--query", name).lines
        return lines.first { $0.hasPrefix("Link: ") }.map { .string(String($0.dropFirst(6))) } ?? false
    }

    static func exists(_ call: CallContext, name: String, path: String) async throws -> Bool {
        try await run(call, "--display", name).lines.contains { $0.hasPrefix(path + " ") }
    }

    static func isCurrent(_ call: CallContext, name: String, path: String) async throws -> Bool { try await current(call, name: name) == .string(path) }

    private static func install(_ call: CallContext, name: String, link: String, path: String, priority: Int) async throws -> String {
        let result = try await run(call, "--install", link, name, path, String(priority))
        return result.succeeded || result.errorText.isEmpty ? result.text : result.errorText
    }
}
