final class LoopStatement: StatementNode {
    struct Parts {
        let target: Target
        let iterable: ExpressionNode
        let test: ExpressionNode?
        let testTarget: Target?
        let testEntry: ScopeEntry
        /// Run once, before the first iteration.
        let loopEntry: ScopeEntry
        /// Run before each iteration.
        let iterationEntry: ScopeEntry
        let body: Body
        let otherwiseEntry: ScopeEntry
        let otherwise: Body?
        /// Where `loop` lives, if anybody asks for it.
        let loopSlot: Int?
        /// The function of a recursive loop.
        let recursive: FunctionLayout?
    }

    private let parts: Parts

    init(_ parts: Parts, line: Int) {
        self.parts = parts
        super.init(line: line)
    }

    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        let iterable = try parts.iterable.evaluate(frame)
        if let layout = parts.recursive {
            try output.write(recurse(iterable, frame, layout, depth: 0))
            return .normal
        }
        return try run(iterable, frame, output, recursion: nil, depth: 0)
    }

    /// Runs the body of a recursive loop in a function of its own and returns its text.
    private func recurse(_ iterable: JinjaValue, _ outer: Frame, _ layout: FunctionLayout, depth: Int) throws -> JinjaValue {
        try outer.state.nested {
            let frame = Frame(function: layout, parent: outer, context: outer.context, template: outer.template)
            let output = outer.state.output()
            do {
                _ = try run(
                    iterable, frame, output,
                    recursion: { [self] in try recurse($0, outer, layout, depth: depth + 1) }, depth: depth)
            } catch {
                throw frame.located(error, line: line)
            }
            return outer.context.markSafe(output.text)
        }
    }

    private func run(
        _ iterable: JinjaValue, _ frame: Frame, _ output: Output,
        recursion: ((JinjaValue) throws -> JinjaValue)?, depth: Int
    ) throws -> Flow {
        guard var source = try LoopSource(iterable) else {
            throw JinjaError(.type, "'\(iterable.typeName)' object is not iterable")
        }
        if let test = parts.test, let target = parts.testTarget { source = filtered(source, test, target, frame) }
        var isEmpty = true
        if let slot = parts.loopSlot {
            let loop = LoopObject(source, hasLength: parts.test == nil, context: frame.context, depth: depth, recursion: recursion)
            frame.slots[slot] = nil
            while let element = try loop.advance() {
                if isEmpty { try parts.loopEntry.enter(frame) }
                isEmpty = false
                try parts.target.assign(element, frame)
                frame.slots[slot] = .object(loop)
                if try iterate(frame, output) { break }
            }
            frame.slots[slot] = nil
        } else {
            while let element = try source.next() {
                if isEmpty { try parts.loopEntry.enter(frame) }
                isEmpty = false
                try parts.target.assign(element, frame)
                if try iterate(frame, output) { break }
            }
        }
        if isEmpty, let otherwise = parts.otherwise {
            try parts.otherwiseEntry.enter(frame)
            return try otherwise.execute(frame, output)
        }
        return .normal
    }

    /// Runs the body once; true when the loop ends.
    @inline(__always)
    private func iterate(_ frame: Frame, _ output: Output) throws -> Bool {
        try frame.state.step()
        try parts.iterationEntry.enter(frame)
        return try parts.body.execute(frame, output) == .breakLoop
    }

    private func filtered(_ source: LoopSource, _ test: ExpressionNode, _ target: Target, _ frame: Frame) -> LoopSource {
        var source = source
        var isFirst = true
        let entry = parts.testEntry
        return .iterator(
            JinjaIterator {
                if isFirst { try entry.enter(frame) }
                isFirst = false
                while let element = try source.next() {
                    try frame.state.step()
                    try target.assign(element, frame)
                    if try test.isTrue(frame) { return element }
                }
                return nil
            })
    }
}
