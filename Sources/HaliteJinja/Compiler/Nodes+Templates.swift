import HaliteValue

/// Loads the template that a tag names and runs it.
enum TemplateAccess {
    static func load(_ value: JinjaValue, _ frame: Frame) throws -> CompiledTemplate {
        if case .undefined(let undefined) = value { throw undefined.error() }
        guard let name = value.text else {
            try value.requireHashable()
            throw JinjaError(.templateNotFound, try value.str())
        }
        return try frame.state.load(name, for: frame.template)
    }

    /// The first template of a list that exists.
    static func select(_ value: JinjaValue, _ frame: Frame) throws -> CompiledTemplate {
        if case .undefined(let undefined) = value { throw undefined.error() }
        if value.text != nil { return try load(value, frame) }
        let empty = JinjaError(.templatesNotFound, "Tried to select from an empty list of templates.")
        guard try value.isTrue() else { throw empty }
        guard let iterator = try value.iterator() else {
            throw JinjaError(.type, "'\(value.typeName)' object is not iterable")
        }
        var names: [String] = []
        while let name = try iterator.next() {
            do {
                return try load(name, frame)
            } catch let error as JinjaError where error.isNotFound || (name.isUndefined && error.kind == .undefined) {
                if case .undefined(let undefined) = name { names.append(undefined.message) } else { names.append(try name.str()) }
            }
        }
        // Jinja2 asks for the last one, which sets and generators do not give.
        switch value {
        case .list, .tuple: break
        case .dict: throw JinjaError(.key, "-1")
        case .object(let object) where !(object is RangeObject):
            throw JinjaError(.type, "'\(object.typeName)' object is not subscriptable")
        default: break
        }
        throw JinjaError(
            .templatesNotFound,
            "none of the templates given were found: \(names.joined(separator: ", "))")
    }

    /// The module of a template for an import.
    static func module(
        _ template: CompiledTemplate, _ frame: Frame, withContext: Bool, locals: [(name: String, node: ExpressionNode)]
    ) throws -> TemplateModule {
        let state = frame.state
        let key = ObjectIdentifier(template)
        if !withContext, let module = state.modules[key] { return module }
        let names = state.loader?.importedNames ?? ValueMap()
        let globals = names.isEmpty ? state.globals : NameLayer(data: names, next: state.globals)
        let outer = withContext ? frame.context.layer(locals: try values(locals, frame)) : globals
        let context = template.newContext(state, outer: outer)
        let output = state.output()
        try template.render(context, into: output)
        let module = TemplateModule(context: context, text: output.text)
        if !withContext { state.modules[key] = module }
        return module
    }

    static func values(_ locals: [(name: String, node: ExpressionNode)], _ frame: Frame) throws -> JinjaDict {
        let values = JinjaDict()
        for (name, node) in locals {
            let value = try node.evaluate(frame)
            // A name that has no value yet must not hide the one in the context.
            if case .undefined(let undefined) = value, undefined.hint == nil, undefined.owner == nil { continue }
            values.set(name, value)
        }
        return values
    }
}

extension JinjaError {
    var isNotFound: Bool { kind == .templateNotFound || kind == .templatesNotFound }
}

final class ExtendsStatement: StatementNode {
    private let source: ExpressionNode
    /// Where Jinja2 sees a second `extends` when an earlier one may have run.
    private let repeatLine: Int?
    init(_ source: ExpressionNode, repeatLine: Int?, line: Int) {
        self.source = source
        self.repeatLine = repeatLine
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        if let repeatLine, frame.parentTemplate != nil {
            throw JinjaError(.templateRuntime, "extended multiple times", line: repeatLine)
        }
        let parent = try TemplateAccess.load(source.evaluate(frame), frame)
        for (name, block) in parent.blocks { frame.context.blocks[name, default: []].append(block) }
        frame.parentTemplate = parent
        return .normal
    }
}

final class BlockStatement: StatementNode {
    private let name: String
    private let isRequired: Bool
    private let checksParent: Bool
    /// The variables that a scoped block sees.
    private let locals: [(name: String, node: ExpressionNode)]?
    /// Whether it stands in another block.
    private let isInner: Bool
    init(
        _ name: String, isRequired: Bool, checksParent: Bool, locals: [(name: String, node: ExpressionNode)]?, isInner: Bool,
        line: Int
    ) {
        self.isInner = isInner
        self.name = name
        self.isRequired = isRequired
        self.checksParent = checksParent
        self.locals = locals
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        if checksParent, frame.outermost.parentTemplate != nil { return .normal }
        guard let stack = frame.context.blocks[name], let first = stack.first else { return .normal }
        if isRequired, stack.count <= 1 {
            throw JinjaError(.templateRuntime, "Required block \(name.quoted) not found")
        }
        let context = try locals.map { try frame.context.derived(locals: TemplateAccess.values($0, frame)) } ?? frame.context
        do {
            try first.render(context, into: output)
        } catch {
            guard !isInner, var error = error as? JinjaError else { throw error }
            error.settle(template: frame.template.name, line: line)
            throw error
        }
        return .normal
    }
}

final class IncludeStatement: StatementNode {
    private let source: ExpressionNode
    private let ignoresMissing: Bool
    private let locals: [(name: String, node: ExpressionNode)]?
    init(_ source: ExpressionNode, ignoresMissing: Bool, locals: [(name: String, node: ExpressionNode)]?, line: Int) {
        self.source = source
        self.ignoresMissing = ignoresMissing
        self.locals = locals
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        let template: CompiledTemplate
        do {
            template = try TemplateAccess.select(source.evaluate(frame), frame)
        } catch let error as JinjaError where ignoresMissing && error.isNotFound {
            return .normal
        }
        if let locals {
            let layer = frame.context.layer(locals: try TemplateAccess.values(locals, frame))
            try template.render(template.newContext(frame.state, outer: layer), into: output)
        } else {
            try output.write(TemplateAccess.module(template, frame, withContext: false, locals: []).text)
        }
        return .normal
    }
}

final class ImportStatement: StatementNode {
    private let source: ExpressionNode
    private let target: Target
    /// The name at the top level of a template.
    private let topLevelName: String?
    private let locals: [(name: String, node: ExpressionNode)]?
    init(
        _ source: ExpressionNode, target: Target, topLevelName: String?, locals: [(name: String, node: ExpressionNode)]?,
        line: Int
    ) {
        self.source = source
        self.target = target
        self.topLevelName = topLevelName
        self.locals = locals
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        let template = try TemplateAccess.load(source.evaluate(frame), frame)
        let module = try TemplateAccess.module(template, frame, withContext: locals != nil, locals: locals ?? [])
        try target.assign(.object(module), frame)
        if let topLevelName { frame.context.setUnexported(topLevelName, .object(module)) }
        return .normal
    }
}

final class ImportNamesStatement: StatementNode {
    struct Name {
        let name: String
        let alias: String
        let target: Target
        let isTopLevel: Bool
    }

    private let source: ExpressionNode
    private let names: [Name]
    private let locals: [(name: String, node: ExpressionNode)]?
    init(_ source: ExpressionNode, names: [Name], locals: [(name: String, node: ExpressionNode)]?, line: Int) {
        self.source = source
        self.names = names
        self.locals = locals
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        let template = try TemplateAccess.load(source.evaluate(frame), frame)
        let module = try TemplateAccess.module(template, frame, withContext: locals != nil, locals: locals ?? [])
        for name in names {
            let value =
                module.attribute(name.name)
                ?? frame.context.undefined(
                    hint:
                        "the template \(template.name.quoted) (imported on \(frame.template.position(line: line))) does not export the requested name \(name.name.quoted)",
                    name: name.name)
            try name.target.assign(value, frame)
            if name.isTopLevel { frame.context.setUnexported(name.alias, value) }
        }
        return .normal
    }
}

/// `load_yaml` and `import_yaml` and their like: text to data by the host's parser.
final class LoadDataStatement: StatementNode {
    enum Origin {
        case body(BodyTextNode)
        case template(ExpressionNode, locals: [(name: String, node: ExpressionNode)]?)
    }

    private let format: String
    private let origin: Origin
    private let target: Target
    init(format: String, origin: Origin, target: Target, line: Int) {
        self.format = format
        self.origin = origin
        self.target = target
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        let text: String
        var name = frame.template.name
        switch origin {
        case .body(let node): text = try node.evaluate(frame).str()
        case .template(let source, let locals):
            let template = try TemplateAccess.load(source.evaluate(frame), frame)
            name = template.name
            text = try TemplateAccess.module(template, frame, withContext: locals != nil, locals: locals ?? []).text
        }
        guard let parse = frame.state.environment.extensions.dataTags else { return .normal }
        try target.assign(JinjaValue(parse(DataTagInput(format: format, text: text, template: name))), frame)
        return .normal
    }
}

final class ProfileStatement: StatementNode {
    private let name: ExpressionNode
    private let body: Body
    init(name: ExpressionNode, body: Body, line: Int) {
        self.name = name
        self.body = body
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        // An undefined label is nobody's error: only a log would show it.
        let label = (try? name.evaluate(frame).str()) ?? ""
        let clock = ContinuousClock()
        let start = clock.now
        let flow = try body.execute(frame, output)
        let spent = (clock.now - start).components
        frame.state.environment.extensions.profile?(label, Double(spent.seconds) + Double(spent.attoseconds) * 1e-18)
        return flow
    }
}
