import HaliteValue

final class LoopStatement: StatementNode {
    struct Parts {
        let target: Target
        let iterable: ExpressionNode
        let test: ExpressionNode?
        let testTarget: Target?
        let testLine: Int
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
        /// Whether `loop` may be asked for elements, or handed to somebody who may.
        let needsElements: Bool
        /// The function of a recursive loop.
        let recursive: FunctionLayout?
    }

    private let target: Target
    private let iterable: ExpressionNode
    private let test: ExpressionNode?
    private let testTarget: Target?
    private let testLine: Int
    private let testEntry: ScopeEntry
    private let loopEntry: ScopeEntry
    private let iterationEntry: ScopeEntry
    private let body: Body
    private let otherwiseEntry: ScopeEntry
    private let otherwise: Body?
    private let loopSlot: Int?
    private let recursive: FunctionLayout?
    /// The two variables of a loop over the pairs of a dictionary, when no pair has to be made for anybody.
    private let pair: (Int, Int)?
    /// The same for the test.
    private let testPair: (Int, Int)?
    private let plainSlot: Int?

    init(_ parts: Parts, line: Int) {
        target = parts.target
        iterable = parts.iterable
        test = parts.test
        testTarget = parts.testTarget
        testLine = parts.testLine
        testEntry = parts.testEntry
        loopEntry = parts.loopEntry
        iterationEntry = parts.iterationEntry
        body = parts.body
        otherwiseEntry = parts.otherwiseEntry
        otherwise = parts.otherwise
        loopSlot = parts.loopSlot
        recursive = parts.recursive
        plainSlot = parts.target.plainSlot
        testPair = parts.testTarget?.plainPair
        let makesPairs = parts.needsElements || (parts.test != nil && (parts.loopSlot != nil || testPair == nil))
        pair = makesPairs ? nil : parts.target.plainPair
        super.init(line: line)
    }

    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        let elements = try iterable.evaluate(frame)
        if let layout = recursive {
            try output.write(recurse(elements, frame, layout, depth: 0))
            return .normal
        }
        return try run(elements, frame, output, recursion: nil, depth: 0)
    }

    /// Runs the body of a recursive loop in a function of its own and returns its text.
    private func recurse(_ elements: JinjaValue, _ outer: Frame, _ layout: FunctionLayout, depth: Int) throws -> JinjaValue {
        try outer.state.nested {
            let frame = Frame(function: layout, parent: outer, context: outer.context, template: outer.template)
            let output = outer.state.output()
            do {
                _ = try run(
                    elements, frame, output,
                    recursion: { [self] in try recurse($0, outer, layout, depth: depth + 1) }, depth: depth)
            } catch {
                throw frame.located(error, line: line)
            }
            return outer.context.markSafe(output.text)
        }
    }

    private func run(
        _ elements: JinjaValue, _ frame: Frame, _ output: Output,
        recursion: ((JinjaValue) throws -> JinjaValue)?, depth: Int
    ) throws -> Flow {
        var cursor = try cursor(over: elements, frame)
        // Without `loop` nobody can look ahead, so the test needs no cursor of its own.
        let filter = loopSlot == nil ? test : nil
        if let test, let testTarget, filter == nil { cursor = filtered(cursor, test, testTarget, frame) }
        let loop = loopSlot.map { _ in LoopObject(cursor, context: frame.context, depth: depth, recursion: recursion) }
        // The loop and what it reads may hold the frame.
        defer { if let loopSlot { frame.slots[loopSlot] = nil } }
        let isEmpty =
            if let pair, let pairs = cursor.pairs {
                try iterate(pairs, pair, loop, filter, frame, output)
            } else if let plainSlot, loop == nil, filter == nil {
                try iterate(cursor, plainSlot, frame, output)
            } else if let filter, let testTarget {
                try iterate(cursor, filter, testTarget, frame, output)
            } else {
                try iterate(cursor, loop, frame, output)
            }
        if isEmpty, let otherwise {
            try otherwiseEntry.enter(frame)
            return try otherwise.execute(frame, output)
        }
        return .normal
    }

    /// What the loop runs over; with a test, Jinja2 finds out behind it that there is nothing to run over.
    private func cursor(over elements: JinjaValue, _ frame: Frame) throws -> Cursor {
        do {
            if let cursor = try Cursor.over(elements) { return cursor }
            throw JinjaError(.type, "'\(elements.typeName)' object is not iterable")
        } catch {
            throw test == nil ? error : frame.located(error, line: testLine)
        }
    }

    /// Runs the body for each element; true when there was none.
    private func iterate(_ cursor: Cursor, _ loop: LoopObject?, _ frame: Frame, _ output: Output) throws -> Bool {
        guard let element = try loop?.advance() ?? (loop == nil ? cursor.next() : nil) else { return true }
        try begin(loop, frame)
        try target.assign(element, frame)
        if try step(frame, output) { return false }
        if let loop {
            while let element = try loop.advance() {
                try target.assign(element, frame)
                if try step(frame, output) { return false }
            }
        } else {
            while let element = try cursor.next() {
                try target.assign(element, frame)
                if try step(frame, output) { return false }
            }
        }
        return false
    }

    /// Runs the body for each element, which is nothing but the value of one variable.
    private func iterate(_ cursor: Cursor, _ slot: Int, _ frame: Frame, _ output: Output) throws -> Bool {
        let state = frame.state
        let body = body
        let entry = iterationEntry
        guard let first = try cursor.next() else { return true }
        try loopEntry.enter(frame)
        frame.slots[slot] = first
        while true {
            try state.step()
            if !entry.isEmpty { try entry.enter(frame) }
            if try body.execute(frame, output) == .breakLoop { break }
            guard let element = try cursor.next() else { break }
            frame.slots[slot] = element
        }
        return false
    }

    /// Runs the body for each element that the test accepts.
    private func iterate(
        _ cursor: Cursor, _ test: ExpressionNode, _ testTarget: Target, _ frame: Frame, _ output: Output
    ) throws -> Bool {
        var isFirst = true
        var isEmpty = true
        while let element = try cursor.next() {
            try frame.state.step()
            do {
                if isFirst { try testEntry.enter(frame) }
                isFirst = false
                try testTarget.assign(element, frame)
                guard try test.isTrue(frame) else { continue }
            } catch {
                throw frame.located(error, line: testLine)
            }
            if isEmpty { try begin(nil, frame) }
            isEmpty = false
            try target.assign(element, frame)
            if try step(frame, output) { break }
        }
        return isEmpty
    }

    private func iterate(
        _ pairs: DictCursor, _ pair: (Int, Int), _ loop: LoopObject?, _ test: ExpressionNode?, _ frame: Frame, _ output: Output
    ) throws -> Bool {
        var isFirst = true
        var isTested = false
        while let entry = try loop?.advance(pairs) ?? (loop == nil ? pairs.nextEntry() : nil) {
            if let test, let testPair {
                try frame.state.step()
                do {
                    if !isTested { try testEntry.enter(frame) }
                    isTested = true
                    frame.slots[testPair.0] = entry.key
                    frame.slots[testPair.1] = entry.value
                    guard try test.isTrue(frame) else { continue }
                } catch {
                    throw frame.located(error, line: testLine)
                }
            }
            if isFirst { try begin(loop, frame) }
            isFirst = false
            frame.slots[pair.0] = entry.key
            frame.slots[pair.1] = entry.value
            if try step(frame, output) { break }
        }
        return isFirst
    }

    private func begin(_ loop: LoopObject?, _ frame: Frame) throws {
        try loopEntry.enter(frame)
        if let loopSlot, let loop { frame.slots[loopSlot] = .object(loop) }
    }

    /// Runs the body once; true when the loop ends.
    @inline(__always)
    private func step(_ frame: Frame, _ output: Output) throws -> Bool {
        try frame.state.step()
        try iterationEntry.enter(frame)
        return try body.execute(frame, output) == .breakLoop
    }

    private func filtered(_ source: Cursor, _ test: ExpressionNode, _ target: Target, _ frame: Frame) -> Cursor {
        var isFirst = true
        return FilteredCursor(source) { [testEntry, testLine] element in
            do {
                if isFirst { try testEntry.enter(frame) }
                isFirst = false
                try frame.state.step()
                try target.assign(element, frame)
                guard try test.isTrue(frame) else { return nil }
                // Jinja2 hands on what it has unpacked, as tuples.
                return target.isTuple ? target.value(frame) : element
            } catch {
                throw frame.located(error, line: testLine)
            }
        }
    }
}
