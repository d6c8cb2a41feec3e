import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteRender
import HaliteValue

/// `http_json`: what a URL answers as JSON. `%s` stands for the minion's id, `<grain>` for a grain with `with_grains`.
struct HTTPJSONPillar: ExternalPillar {
    static let name = "http_json"
    private let settings: WebPillarSettings

    init(_ arguments: Value) throws { settings = try WebPillarSettings(arguments) }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        try await settings.data(request) { text, _ in try Value(jsonText: text) }
    }
}

/// `http_yaml`: what a URL answers as YAML.
struct HTTPYAMLPillar: ExternalPillar {
    static let name = "http_yaml"
    private let settings: WebPillarSettings

    init(_ arguments: Value) throws { settings = try WebPillarSettings(arguments) }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        try await settings.data(request) { text, url in try YAML.load(text, file: url) }
    }
}

/// What the two have in common.
private struct WebPillarSettings: Sendable {
    private static let names = ["url", "with_grains", "username", "password", "verify_ssl", "header_dict"]
    private static let bytesLimit = 16 << 20

    private let url: String
    private let settings: ValueMap

    init(_ arguments: Value) throws {
        settings = arguments.mapValue ?? [:]
        for key in settings.keys.map(\.pythonString) where !Self.names.contains(key) {
            throw ExecutionError("unknown setting '\(key)'\(NearestName.hint(key, among: Self.names))")
        }
        guard let url = settings["url"]?.stringValue ?? arguments.listValue?.first?.stringValue ?? arguments.stringValue else {
            throw ExecutionError("expected 'url', found \(arguments.pythonRepr)")
        }
        self.url = url
    }

    func data(_ request: ExternalPillarRequest, _ read: (_ text: String, _ url: String) throws -> Value) async throws -> ValueMap {
        let text = try filled(request)
        guard let url = WebURL(text), url.scheme == "http" || url.scheme == "https" else {
            throw ExecutionError("'\(text)' is no http(s) URL")
        }
        var download = WebDownload(url, options: request.options)
        download.verifiesCertificates = settings["verify_ssl"]?.isTruthy ?? true
        for (name, value) in settings["header_dict"]?.mapValue ?? [:] { download.headers.append((name.pythonString, value.pythonString)) }
        if let user = settings["username"]?.stringValue {
            download.credentials = (user, settings["password"]?.stringValue ?? "")
        }
        let path = "/tmp/.halite-pillar-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let host = request.context.host
        do {
            try await download.save(to: path, on: host)
            let bytes = try await host.read(path, limit: Self.bytesLimit)
            try await host.remove(path)
            let data = try read(String(decoding: bytes, as: UTF8.self), url.text)
            guard data.isTruthy else { return [:] }
            guard case .map(let map) = data else { throw ExecutionError("expected a dictionary, found \(data.typeName)") }
            return map
        } catch {
            try? await host.remove(path)
            throw ExecutionError("\(url.text): \(error)")
        }
    }

    /// The URL for this minion; what is put in cannot add parts to it.
    private func filled(_ request: ExternalPillarRequest) throws -> String {
        var text = DataPath.split(url, "%s").joined(separator: WebURL.escaped(request.minionID))
        guard settings["with_grains"]?.isTruthy == true else { return text }
        for match in try PythonRegex.compile("<([^<>]+)>").allMatches(in: Array(text.utf8)) {
            guard let name = match.text(1, of: text) else { continue }
            guard let grain = DataPath.traverse(.map(request.context.grains), name) else {
                throw ExecutionError("unable to get the grain '\(name)' for the URL")
            }
            text = DataPath.split(text, "<\(name)>").joined(separator: WebURL.escaped(grain.pythonString))
        }
        return text
    }
}
