import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Modules of the kernel that are loaded, or are not.
package struct KmodState: StateModule {
    package static let name = "kmod"
    package static let summary = "Modules of the kernel that are loaded, or are not."
    package static let requires: Requirement = .kernel("Linux")

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "Modules are loaded.", .required("name", "The module."), .optional("persist", false, "At boot too."),
            .optional("mods", nil as Value, "A list of modules in the place of the name."), body: present),
        StateFunction(
            "absent", "Modules are not loaded.", .required("name", "The module."), .optional("persist", false, "At boot too."),
            .optional("comment", true, "Comment their lines out."),
            .optional("mods", nil as Value, "A list of modules in the place of the name."),
            body: absent),
    ]

    private static func modules(_ name: String, _ given: Value) -> [String] {
        var seen: Set<String> = []
        return (given.listValue?.map(\.pythonString) ?? [name]).filter { seen.insert($0).inserted }
    }

    /// `Kernel module a is …` or `Kernel modules a, b are …`.
    private static func told(_ names: [String], _ end: String) -> String? {
        switch names.count {
        case 0: nil
        case 1: "Kernel module \(names[0]) is \(end)"
        default: "Kernel modules \(names.joined(separator: ", ")) are \(end)"
        }
    }

    private static func done(_ verb: String, _ names: [String]) -> String? {
        names.isEmpty ? nil : "\(verb) kernel module\(names.count == 1 ? "" : "s") \(names.joined(separator: ", "))"
    }

    private static func present(_ state: StateContext, name: String, persist: Bool, given: Value) async throws -> StateResult {
        let wanted = modules(name, given)
        var loaded = Set(try await KmodModule.names(state.call, persistent: false))
        if persist { loaded.formIntersection(try await KmodModule.names(state.call, persistent: true)) }
        let there = wanted.filter(loaded.contains)
        let missing = wanted.filter { !loaded.contains($0) }
        let first = told(there, "already present")
        if missing.isEmpty { return state.unchanged(first ?? "") }
        return try await state.either(
            would: {
                StateResult(
                    name: name, result: nil, comment: [first, told(missing, "set to be loaded")].compactMap { $0 }.joined(separator: "\n"))
            },
            do: {
                let available = Set(try await KmodModule.available(state.call))
                let unavailable = missing.filter { !available.contains($0) }
                var result = StateResult(name: name, result: unavailable.isEmpty, comment: "")
                var (yes, no, failed): ([String], [String], [String]) = ([], [], [])
                for module in missing where available.contains(module) {
                    if result.changes[module] != nil {
                        yes.append(module)
                        continue
                    }
                    let answer = try await KmodModule.load(state.call, module: module, persist: persist)
                    guard let names = answer.listValue else {
                        failed.append("Failed to load kernel module \(module): \(answer.pythonString)")
                        continue
                    }
                    for name in names { result.changes[name] = "loaded" }
                    if names.isEmpty { no.append(module) } else { yes.append(module) }
                }
                if !no.isEmpty || !failed.isEmpty { result.result = false }
                let sentences = [
                    first, unavailable.isEmpty ? nil : told(unavailable, "unavailable"), done("Loaded", yes), done("Failed to load", no),
                ]
                result.comment = (sentences.compactMap { $0 } + failed).joined(separator: "\n")
                return result
            })
    }

    private static func absent(_ state: StateContext, name: String, persist: Bool, comment: Bool, given: Value) async throws -> StateResult
    {
        let unwanted = modules(name, given)
        var loaded = Set(try await KmodModule.names(state.call, persistent: false))
        if persist { loaded.formUnion(try await KmodModule.names(state.call, persistent: true)) }
        let there = unwanted.filter(loaded.contains)
        if there.isEmpty { return state.unchanged(told(unwanted, "already removed") ?? "") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: told(there, "set to be removed") ?? "")
            },
            do: {
                var result = state.unchanged("")
                var (yes, no, failed): ([String], [String], [String]) = ([], [], [])
                for module in there {
                    let answer = try await KmodModule.remove(state.call, module: module, persist: persist, comment: comment)
                    guard let names = answer.listValue else {
                        failed.append("Failed to remove kernel module \(module): \(answer.pythonString)")
                        continue
                    }
                    for name in names { result.changes[name] = "removed" }
                    if names.isEmpty { no.append(module) } else { yes.append(module) }
                }
                if !no.isEmpty || !failed.isEmpty { result.result = false }
                result.comment = ([done("Removed", yes), done("Failed to remove", no)].compactMap { $0 } + failed).joined(separator: "\n")
                return result
            })
    }
}
