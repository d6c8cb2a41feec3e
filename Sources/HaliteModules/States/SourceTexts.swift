import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Templates whose text an edit puts into a file: `source` or `sources`.
struct SourceTexts: Sendable {
    var source: String?
    var sources: [String] = []
    var sourceHash: Value = .null
    var sourceHashes: Value = .null
    var template = "jinja"
    var defaults: Value = .null
    var context: Value = .null

    enum Outcome {
        case texts([String])
        case failed(StateResult)
    }

    var isEmpty: Bool { (source ?? "").isEmpty && sources.isEmpty }

    func failure(_ state: StateContext) -> StateResult? {
        if !(source ?? "").isEmpty, !sources.isEmpty { return state.failed("source and sources are mutually exclusive") }
        if sourceHash.isTruthy, sourceHashes.isTruthy { return state.failed("source_hash and source_hashes are mutually exclusive") }
        return nil
    }

    /// The rendered texts; Salt's failure is about the template and not about the file.
    func texts(_ state: StateContext) async throws -> Outcome {
        if isEmpty { return .texts([]) }
        let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
        var found: [String] = []
        for place in source.map({ [$0] }) ?? sources {
            guard let content = try await reader.content(place) else {
                return .failed(Self.failed(place, "Failed to load template file \(place)"))
            }
            let text = try await state.call.services.templates.render(
                source: String(decoding: content.bytes, as: UTF8.self), name: place, engine: template,
                values: FileState.variables(defaults, context), in: state.call)
            if text.isEmpty {
                let cache = state.call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite"
                let (path, saltenv) = reader.saltPath(place)
                let copy = Path.join(cache, "extrn_files", saltenv, path)
                return .failed(Self.failed(place, "Failed to read rendered template file \(copy) (\(place))"))
            }
            found.append(text)
        }
        return .texts(found)
    }

    private static func failed(_ place: String, _ comment: String) -> StateResult {
        StateResult(name: place, result: false, comment: comment, extra: ["data": []])
    }
}
