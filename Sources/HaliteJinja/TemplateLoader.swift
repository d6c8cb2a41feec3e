import HaliteValue

/// The text of a template as a loader found it.
public struct TemplateSource: Sendable {
    public let text: String
    /// Where it was found, for error messages.
    public let path: String

    public init(text: String, path: String) {
        self.text = text
        self.path = path
    }
}

/// Finds the templates that `include`, `import` and `extends` name.
public protocol TemplateLoader: Sendable {
    /// The template of that name, or nil when there is none. `parent` is the name of the template that asks.
    func load(_ name: String, from parent: String?) throws -> TemplateSource?
    /// Names that a template sees when it is imported now, above the globals of the rendering.
    var importedNames: ValueMap { get }
}

extension TemplateLoader {
    public var importedNames: ValueMap { [:] }
}

/// Templates held in memory.
public struct DictionaryLoader: TemplateLoader {
    public let templates: [String: String]

    public init(_ templates: [String: String]) { self.templates = templates }

    public func load(_ name: String, from parent: String?) -> TemplateSource? {
        templates[name].map { TemplateSource(text: $0, path: name) }
    }
}
