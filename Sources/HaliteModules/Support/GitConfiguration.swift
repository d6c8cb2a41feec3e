import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The settings of a repository or of a user.
struct GitConfiguration {
    let repository: GitRepository
    let isGlobal: Bool
    let isInside: Bool

    private var place: [String] { ["config"] + (isGlobal ? ["--global"] : ["--local"]) }

    /// The values of a setting, nil when it has none.
    func values(_ key: String) async throws -> [String]? {
        let words = place + ["--get-all", key]
        let result = try await repository.command(words, inside: isInside)
        if result.exitCode == 1 { return nil }
        guard result.succeeded else { throw GitRepository.Failure(result.errorText, command: words) }
        return PythonLines.split(result.text)
    }

    /// Replaces all values of a setting.
    func set(_ key: String, _ values: [String]) async throws {
        guard let first = values.first else { return }
        try await repository.output(place + ["--replace-all", key, first], inside: isInside)
        for value in values.dropFirst() { try await repository.output(place + ["--add", key, value], inside: isInside) }
    }

    /// The settings whose names match, with all their values.
    func matching(_ key: String, _ pattern: String?) async throws -> ValueMap {
        let words = place + ["--get-regexp", key] + (pattern.map { [$0] } ?? [])
        let result = try await repository.command(words, inside: isInside)
        if result.exitCode == 1 { return [:] }
        guard result.succeeded else { throw GitRepository.Failure(result.errorText, command: words) }
        var found = ValueMap()
        for line in PythonLines.split(result.text) {
            let words = line.parts(" ", maxSplits: 1)
            guard words.count == 2 else { continue }
            found[.string(words[0])] = .list((found[words[0]]?.listValue ?? []) + [.string(words[1])])
        }
        return found
    }

    func unset(_ key: String, _ pattern: String?, all: Bool) async throws -> CommandResult {
        let verb = all ? "--unset-all" : "--unset"
        return try await repository.command(["config", verb] + place.dropFirst() + [key] + (pattern.map { [$0] } ?? []), inside: isInside)
    }
}
