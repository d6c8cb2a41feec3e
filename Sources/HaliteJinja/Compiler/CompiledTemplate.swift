import Synchronization

/// A template made ready to run.
///
/// `@unchecked Sendable`: the compiler builds the tree of nodes, and nobody writes to it afterwards.
final class CompiledTemplate: @unchecked Sendable {
    let name: String
    let path: String
    let source: SourceText
    let autoescape: Bool
    /// The size of the last text, so that the next one finds room at once.
    let sizeHint = Atomic<Int>(0)
    // Written once, by the compiler, before anybody else sees the template.
    private(set) var root: RootNode
    private(set) var blocks: [String: CompiledBlock] = [:]

    init(name: String, path: String, source: String, autoescape: Bool) {
        self.name = name
        self.path = path
        self.source = SourceText(text: source)
        self.autoescape = autoescape
        root = RootNode(
            layout: FunctionLayout(slotCount: 0, isCaptured: false), entry: ScopeEntry(actions: []), body: Body([]), selfSlot: nil)
    }

    func complete(root: RootNode, blocks: [String: CompiledBlock]) {
        self.root = root
        self.blocks = blocks
    }

    /// A place in the template as messages of Jinja2 name it.
    func position(line: Int) -> String {
        name == JinjaEnvironment.anonymousName ? "line \(line)" : "line \(line) in \(name.quoted)"
    }

    /// Runs the template in a context, and the one that it extends after it.
    func render(_ context: TemplateContext, into output: Output) throws {
        try context.state.nested {
            let frame = Frame(function: root.layout, parent: nil, context: context, template: self)
            if let slot = root.selfSlot { frame.slots[slot] = .object(TemplateReference(context)) }
            do {
                try root.entry.enter(frame)
                _ = try root.body.execute(frame, output)
                if let parent = frame.parentTemplate { try parent.render(context, into: output) }
            } catch {
                throw frame.settled(error, line: 1)
            }
        }
    }

    func newContext(_ state: RenderState, outer: NameLayer) -> TemplateContext {
        TemplateContext(state: state, templateName: name, outer: outer, blocks: blocks.mapValues { [$0] })
    }
}

final class RootNode {
    let layout: FunctionLayout
    let entry: ScopeEntry
    let body: Body
    let selfSlot: Int?

    init(layout: FunctionLayout, entry: ScopeEntry, body: Body, selfSlot: Int?) {
        self.layout = layout
        self.entry = entry
        self.body = body
        self.selfSlot = selfSlot
    }
}

/// The body of a block of one template.
final class CompiledBlock {
    let name: String
    let layout: FunctionLayout
    let entry: ScopeEntry
    let body: Body
    let selfSlot: Int?
    let superSlot: Int?
    /// Unowned by nature: the template holds its blocks.
    unowned let template: CompiledTemplate

    init(
        name: String, layout: FunctionLayout, entry: ScopeEntry, body: Body, selfSlot: Int?, superSlot: Int?,
        template: CompiledTemplate
    ) {
        self.name = name
        self.layout = layout
        self.entry = entry
        self.body = body
        self.selfSlot = selfSlot
        self.superSlot = superSlot
        self.template = template
    }

    func render(_ context: TemplateContext, into output: Output) throws {
        try context.state.nested {
            let frame = Frame(function: layout, parent: nil, context: context, template: template)
            if let selfSlot { frame.slots[selfSlot] = .object(TemplateReference(context)) }
            if let superSlot { frame.slots[superSlot] = context.superBlock(of: self) }
            try entry.enter(frame)
            _ = try body.execute(frame, output)
        }
    }
}
