// The productions of sequences and mappings, with libyaml's liberties: empty keys and values, trailing commas.
extension YAMLParser {
    // MARK: Block

    private mutating func open() {
        marks.push(scanner.token.start)
        scanner.take()
    }

    @inline(__always) private mutating func close(_ event: Event) -> Event {
        popState()
        _ = marks.pop()
        mark = scanner.token.start
        scanner.take()
        return event
    }

    mutating func blockSequenceEntry() throws(YAMLError) -> Event {
        if state == .blockSequenceFirst { open() }
        let kind = try scanner.peek()
        if kind == .blockEntry {
            let place = scanner.token.endOfIndicator
            scanner.take()
            switch try scanner.peek() {
            case .blockEntry, .blockEnd:
                state = .blockSequence
                return emptyScalar(place)
            default:
                states.push(.blockSequence)
                return try node(isBlock: true, allowsIndentless: false)
            }
        }
        if kind == .blockEnd { return close(.sequenceEnd) }
        throw failure("while parsing a block collection", marks.last, "did not find expected '-' indicator")
    }

    mutating func indentlessSequenceEntry() throws(YAMLError) -> Event {
        guard try scanner.peek() == .blockEntry else {
            popState()
            return end(.sequenceEnd)
        }
        let place = scanner.token.endOfIndicator
        scanner.take()
        switch try scanner.peek() {
        case .blockEntry, .key, .value, .blockEnd:
            state = .indentlessSequence
            return emptyScalar(place)
        default:
            states.push(.indentlessSequence)
            return try node(isBlock: true, allowsIndentless: false)
        }
    }

    mutating func blockMappingKey() throws(YAMLError) -> Event {
        if state == .blockMappingFirst { open() }
        let kind = try scanner.peek()
        if kind == .key {
            let place = scanner.token.endOfIndicator
            scanner.take()
            return try keyOrValue(place, then: .blockMappingValue)
        }
        if kind == .blockEnd { return close(.mappingEnd) }
        throw failure("while parsing a block mapping", marks.last, "did not find expected key")
    }

    mutating func blockMappingValue() throws(YAMLError) -> Event {
        guard try scanner.peek() == .value else {
            state = .blockMapping
            return emptyScalar(scanner.token.start)
        }
        let place = scanner.token.endOfIndicator
        scanner.take()
        return try keyOrValue(place, then: .blockMapping)
    }

    @inline(__always) private mutating func keyOrValue(_ place: YAMLMark, then: State) throws(YAMLError) -> Event {
        switch try scanner.peek() {
        case .key, .value, .blockEnd:
            state = then
            return emptyScalar(place)
        default:
            states.push(then)
            return try node(isBlock: true, allowsIndentless: true)
        }
    }

    // MARK: Flow

    mutating func flowSequenceEntry() throws(YAMLError) -> Event {
        let isFirst = state == .flowSequenceFirst
        if isFirst { open() }
        var kind = try scanner.peek()
        if kind != .flowSequenceEnd {
            if !isFirst {
                guard kind == .flowEntry else {
                    throw failure("while parsing a flow sequence", marks.last, "did not find expected ',' or ']'")
                }
                scanner.take()
                kind = try scanner.peek()
            }
            if kind == .key {
                state = .flowPairKey
                mark = scanner.token.start
                tag = nil
                anchor = nil
                scanner.take()
                return .mappingStart
            }
            if kind != .flowSequenceEnd {
                states.push(.flowSequence)
                return try node(isBlock: false, allowsIndentless: false)
            }
        }
        return close(.sequenceEnd)
    }

    mutating func flowPairKey() throws(YAMLError) -> Event {
        switch try scanner.peek() {
        case .flowSequenceEnd:
            state = .flowPairValue
            return emptyScalar(scanner.token.start)
        case .value, .flowEntry:
            // The token is gone: libyaml reads no value behind an empty key.
            let place = scanner.token.endOfIndicator
            scanner.take()
            state = .flowPairValue
            return emptyScalar(place)
        default:
            states.push(.flowPairValue)
            return try node(isBlock: false, allowsIndentless: false)
        }
    }

    mutating func flowPairValue() throws(YAMLError) -> Event {
        var kind = try scanner.peek()
        if kind == .value {
            scanner.take()
            kind = try scanner.peek()
            if kind != .flowEntry, kind != .flowSequenceEnd {
                states.push(.flowPairEnd)
                return try node(isBlock: false, allowsIndentless: false)
            }
        }
        state = .flowPairEnd
        return emptyScalar(scanner.token.start)
    }

    mutating func flowMappingKey() throws(YAMLError) -> Event {
        let isFirst = state == .flowMappingFirst
        if isFirst { open() }
        var kind = try scanner.peek()
        if kind != .flowMappingEnd {
            if !isFirst {
                guard kind == .flowEntry else {
                    throw failure("while parsing a flow mapping", marks.last, "did not find expected ',' or '}'")
                }
                scanner.take()
                kind = try scanner.peek()
            }
            if kind == .key {
                scanner.take()
                switch try scanner.peek() {
                case .value, .flowEntry, .flowMappingEnd:
                    state = .flowMappingValue
                    return emptyScalar(scanner.token.start)
                default:
                    states.push(.flowMappingValue)
                    return try node(isBlock: false, allowsIndentless: false)
                }
            }
            if kind != .flowMappingEnd {
                states.push(.flowMappingEmptyValue)
                return try node(isBlock: false, allowsIndentless: false)
            }
        }
        return close(.mappingEnd)
    }

    mutating func flowMappingValue() throws(YAMLError) -> Event {
        var kind = try scanner.peek()
        if state == .flowMappingEmptyValue {
            state = .flowMapping
            return emptyScalar(scanner.token.start)
        }
        if kind == .value {
            scanner.take()
            kind = try scanner.peek()
            if kind != .flowEntry, kind != .flowMappingEnd {
                states.push(.flowMapping)
                return try node(isBlock: false, allowsIndentless: false)
            }
        }
        state = .flowMapping
        return emptyScalar(scanner.token.start)
    }
}
