/// A template that could not be rendered, for those who show it as Salt does.
package struct TemplateFailure: Error, CustomStringConvertible, Sendable {
    /// Place first, then the complaint and the lines around it.
    package let description: String
    /// Salt's text of its `SaltRenderError`.
    package let saltText: String

    package init(description: String, saltText: String) {
        self.description = description
        self.saltText = saltText
    }
}
