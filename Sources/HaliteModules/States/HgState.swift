import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Repositories of Mercurial.
package struct HgState: StateModule {
    package static let name = "hg"
    package static let summary = "Repositories of Mercurial."
    package static let requires: Requirement = .command("hg")

    package static let functions: [StateFunction] = [StateFunction("latest", "A repository is cloned and up to date.", Settings.self, body: latest)]

    struct Settings: ArgumentGroup {
        var rev: String?
        var target: String?
        var clean = false
        var user: String?
        var identity: String?
        var force = false
        var opts: Value = .null
        var updateHead = true

        static let fields: [ArgumentField<Settings>] = [
            .field("rev", \.rev, "The revision; the newest when left out."), .field("target", \.target, "The folder to clone into."),
            .field("clean", \.clean, "Drop changes of files."), .field("user", \.user, "The user to run as."),
            .field("identity", \.identity, "The private key for ssh."), .field("force", \.force, "Clone over a folder that holds something else."),
            .field("opts", \.opts, "More options of hg, as one text."), .field("update_head", \.updateHead, "Update the files; otherwise only pull."),
        ]
    }

    private static func latest(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        guard let target = settings.target, !target.isEmpty else { return state.failed("\"target option is required") }
        let host = state.call.host
        do {
            if try await host.isDirectory(target) {
                if try await host.isDirectory("\(target)/.hg") { return try await update(state, settings, target) }
                if try await !host.list(target).isEmpty, !settings.force { return state.failed("Directory exists, and is not empty") }
            }
            return try await state.either(would: {
                StateResult(name: state.name, result: nil, comment: "Repository \(state.name) is about to be cloned to \(target)")
            }, do: {
                try await host.remove(target)
                return try await clone(state, settings, target)
            })
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }

    private static func revision(_ state: StateContext, _ settings: Settings, _ target: String, _ rev: String?) async throws -> String {
        var keywords: ValueMap = ["user": settings.user.value]
        if let rev { keywords["rev"] = .string(rev) }
        return try await state.call.call("hg.revision", .string(target), keywords: keywords).pythonString
    }

    private static func clone(_ state: StateContext, _ settings: Settings, _ target: String) async throws -> StateResult {
        let told = try await state.call.call(
            "hg.clone", .string(target), .string(state.name),
            keywords: ["user": settings.user.value, "identity": settings.identity.value, "opts": settings.opts])
        guard try await state.call.host.isDirectory(target) else { return state.failed(told.pythonString) }
        if let rev = settings.rev, !rev.isEmpty {
            _ = try await state.call.call("hg.update", .string(target), .string(rev), keywords: ["user": settings.user.value])
        }
        let new = try await revision(state, settings, target, nil)
        return StateResult(
            name: state.name, result: true, comment: "Repository \(state.name) cloned to \(target)",
            changes: ["new": .string(state.name), "revision": .string(new)])
    }

    private static func update(_ state: StateContext, _ settings: Settings, _ target: String) async throws -> StateResult {
        let old = try await revision(state, settings, target, ".")
        if old.isEmpty { return state.failed("Seems that \(target) is not a valid hg repo") }
        return try await state.either(would: {
            let comment = "Repository \(target) update is probably required (current revision is \(old))"
            return StateResult(name: state.name, result: nil, comment: comment)
        }, do: {
            let told = try await state.call.call(
                "hg.pull", .string(target),
                keywords: [
                    "user": settings.user.value, "identity": settings.identity.value, "opts": settings.opts, "repository": .string(state.name),
                ]).pythonString
            if !settings.updateHead {
                return state.unchanged(
                    told.contains("no changes found")
                        ? "No changes found and update_head=False so will skip updating."
                        : "Update is probably required but update_head=False so we will skip updating.")
            }
            let rev = settings.rev.flatMap { $0.isEmpty ? nil : $0 } ?? "tip"
            _ = try await state.call.call(
                "hg.update", .string(target), .string(rev), keywords: ["force": .bool(settings.clean), "user": settings.user.value])
            let new = try await revision(state, settings, target, ".")
            if new != old {
                let changes: ValueMap = ["revision": .string("\(old) => \(new)")]
                return StateResult(name: state.name, result: true, comment: "Repository \(target) updated.", changes: changes)
            }
            return told.contains("error:") ? state.failed("An error was thrown by hg:\n\(told)") : state.unchanged("")
        })
    }
}
