import HaliteValue

extension TemplateContext {
    /// What `super` is in a block: the next definition of it, or undefined.
    func superBlock(of block: CompiledBlock) -> JinjaValue {
        let stack = blocks[block.name] ?? []
        let position = (stack.firstIndex { $0 === block } ?? stack.count) + 1
        return blockReference(block.name, stack: stack, position: position)
    }

    func blockReference(_ name: String, stack: [CompiledBlock], position: Int) -> JinjaValue {
        guard position < stack.count else {
            return undefined(hint: "there is no parent block called \(name.quoted).", name: "super")
        }
        return .object(BlockReference(name: name, context: self, stack: stack, position: position))
    }
}

/// `self` in a template: its blocks by name.
final class TemplateReference: JinjaObject {
    private unowned let context: TemplateContext

    init(_ context: TemplateContext) { self.context = context }

    override var typeName: String { "TemplateReference" }
    override var qualifiedTypeName: String { "jinja2.runtime.TemplateReference" }
    override func item(_ key: JinjaValue) -> JinjaValue? {
        guard let name = key.text, let stack = context.blocks[name] else { return nil }
        return .object(BlockReference(name: name, context: context, stack: stack, position: 0))
    }
    // Python tries the elements by number, and takes the first missing one for a mistake.
    override func iterate() throws -> JinjaIterator? { JinjaIterator { throw JinjaError(.key, "0") } }
    override func repr() -> String {
        "<TemplateReference \(context.templateName == JinjaEnvironment.anonymousName ? "None" : context.templateName.quoted)>"
    }
}

/// One definition of a block, to be called for its text.
final class BlockReference: JinjaObject {
    private let name: String
    private unowned let context: TemplateContext
    private let stack: [CompiledBlock]
    private let position: Int

    init(name: String, context: TemplateContext, stack: [CompiledBlock], position: Int) {
        self.name = name
        self.context = context
        self.stack = stack
        self.position = position
    }

    override var typeName: String { "BlockReference" }
    override var qualifiedTypeName: String { "jinja2.runtime.BlockReference" }
    override var isCallable: Bool { true }
    override func attribute(_ attribute: String) -> JinjaValue? {
        switch attribute {
        case "super": context.blockReference(name, stack: stack, position: position + 1)
        case "name": .string(name)
        default: nil
        }
    }
    override func call(_ call: JinjaCall) throws -> JinjaValue {
        _ = try Signature("BlockReference.__call__", "@").bind(call)
        let output = context.state.output()
        try stack[position].render(context, into: output)
        return context.markSafe(output.text)
    }
}

/// An imported template: what it exports, and its text.
package final class TemplateModule: JinjaObject {
    private let name: String
    private let exports: [String: JinjaValue]
    package let text: String

    init(context: TemplateContext, text: String) {
        name = context.templateName
        var exports: [String: JinjaValue] = [:]
        for key in context.exported { exports[key] = context.variables.value(key) }
        self.exports = exports
        self.text = text
    }

    package override var typeName: String { "TemplateModule" }
    package override var qualifiedTypeName: String { "jinja2.environment.TemplateModule" }
    package override func attribute(_ attribute: String) -> JinjaValue? {
        if attribute == "__name__" { return .string(name) }
        return exports[attribute]
    }
    package override func str() -> String { text }
    package override func html() -> String? { text }
    package override func repr() -> String { "<TemplateModule \(name.quoted)>" }
    package override func freeze() -> Value { .string(text) }
}
