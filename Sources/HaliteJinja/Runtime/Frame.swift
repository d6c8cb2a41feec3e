import HaliteValue

/// The variables of one running function.
final class Frame {
    /// Slots are numbered by the compiler, so access goes without bounds checks.
    let slots: UnsafeMutablePointer<JinjaValue?>
    private let count: Int
    let parent: Frame?
    let context: TemplateContext
    let template: CompiledTemplate
    /// The template that this one extends, once `extends` has run; of the outermost frame of a template.
    var parentTemplate: CompiledTemplate?

    init(function: FunctionLayout, parent: Frame?, context: TemplateContext, template: CompiledTemplate) {
        count = function.slotCount
        slots = .allocate(capacity: max(count, 1))
        slots.initialize(repeating: nil, count: count)
        self.parent = parent
        self.context = context
        self.template = template
        if function.isCaptured { context.state.retain(self) }
    }

    deinit {
        slots.deinitialize(count: count)
        slots.deallocate()
    }

    var state: RenderState { context.state }

    /// The frame of the template or block around.
    var outermost: Frame {
        var frame = self
        while let parent = frame.parent { frame = parent }
        return frame
    }

    /// The value of a slot of a function around, without counting references to the frames on the way.
    @inline(__always)
    func outer(_ hops: Int, _ slot: Int) -> JinjaValue? {
        var frame = Unmanaged.passUnretained(self)
        for _ in 0..<hops {
            guard let parent = frame._withUnsafeGuaranteedRef({ $0.parent.map(Unmanaged.passUnretained) }) else { return nil }
            frame = parent
        }
        return frame._withUnsafeGuaranteedRef { $0.slots[slot] }
    }

    func ancestor(_ hops: Int) -> Frame {
        var frame = self
        for _ in 0..<hops { if let parent = frame.parent { frame = parent } }
        return frame
    }

    /// The object in a slot, lent as long as nobody writes to the slot.
    @inline(__always)
    func lendObject(_ slot: Int) -> Unmanaged<JinjaObject>? {
        if case .object(let object)? = slots[slot] { return Unmanaged.passUnretained(object) }
        return nil
    }

    /// The dictionary in a slot, lent as long as nobody writes to the slot.
    @inline(__always)
    func lendDict(_ slot: Int) -> Unmanaged<JinjaDict>? {
        if case .dict(let dict)? = slots[slot] { return Unmanaged.passUnretained(dict) }
        return nil
    }

    /// The list in a slot, lent as long as nobody writes to the slot.
    @inline(__always)
    func lendList(_ slot: Int) -> Unmanaged<JinjaList>? {
        if case .list(let list)? = slots[slot] { return Unmanaged.passUnretained(list) }
        return nil
    }

    /// Forgets all values; macros and the frame they were made in hold each other.
    func clear() { for index in 0..<count { slots[index] = nil } }

    /// Adds the place to an error on its way out.
    func located(_ error: any Error, line: Int) -> JinjaError {
        var located = error as? JinjaError ?? JinjaError(.host, String(describing: error))
        located.locate(template: template.name, line: line, source: template.source)
        return located
    }

    /// Adds the place to an error that leaves a macro or a template.
    func settled(_ error: any Error, line: Int) -> JinjaError {
        var located = located(error, line: line)
        located.settle(template: located.template ?? template.name, line: located.line ?? line)
        return located
    }
}

/// What the compiler knows about the variables of a function.
struct FunctionLayout {
    let slotCount: Int
    /// Whether macros or loops inside keep the frame alive.
    let isCaptured: Bool
}

/// What a scope does with its slots when it is entered.
final class ScopeEntry {
    enum Action {
        case resolve(slot: Int, name: String)
        case alias(slot: Int, hops: Int, from: Int)
        case clear(slot: Int)
    }

    /// A name of the context.
    private final class Resolve {
        let slot: Int
        let name: String
        let hash: Int
        init(slot: Int, name: String) {
            self.slot = slot
            self.name = name
            hash = name.bytesHash
        }
    }

    private let resolves: NodeList<Resolve>
    /// Copies of other slots, and empty ones where `from` is negative; in order.
    private let copies: UnsafeMutableBufferPointer<(slot: Int, hops: Int, from: Int)>

    init(actions: [Action]) {
        var resolves: [Resolve] = []
        var copies: [(slot: Int, hops: Int, from: Int)] = []
        for action in actions {
            switch action {
            case .resolve(let slot, let name): resolves.append(Resolve(slot: slot, name: name))
            case .alias(let slot, let hops, let from): copies.append((slot, hops, from))
            case .clear(let slot): copies.append((slot, 0, -1))
            }
        }
        self.resolves = NodeList(resolves)
        self.copies = .allocate(capacity: copies.count)
        _ = self.copies.initialize(from: copies)
    }

    deinit { copies.deallocate() }

    var isEmpty: Bool { copies.isEmpty && resolves.isEmpty }

    @inline(__always)
    func enter(_ frame: Frame) throws {
        for copy in copies {
            if copy.from < 0 {
                frame.slots[copy.slot] = nil
            } else {
                frame.slots[copy.slot] = copy.hops == 0 ? frame.slots[copy.from] : frame.outer(copy.hops, copy.from)
            }
        }
        for position in 0..<resolves.count {
            resolves.at(position) { frame.slots[$0.slot] = frame.context.resolve($0.name, hash: $0.hash) }
        }
    }
}
