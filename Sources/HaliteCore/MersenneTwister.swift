/// The generator of Python's `random.Random`, so that a seed gives the numbers that it gives there.
package struct MersenneTwister {
    private var state = [UInt32](repeating: 0, count: 624)
    private var index = 624

    /// Seeds with the magnitude of an integer, in words of 32 bits, the lowest first.
    package init(words: [UInt32]) {
        let key = words.isEmpty ? [0] : words
        seed(19_650_218)
        var i = 1
        var j = 0
        for _ in 0..<max(624, key.count) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_664_525)) &+ key[j] &+ UInt32(j)
            i += 1
            j += 1
            if i >= 624 {
                state[0] = state[623]
                i = 1
            }
            if j >= key.count { j = 0 }
        }
        for _ in 0..<623 {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_566_083_941)) &- UInt32(i)
            i += 1
            if i >= 624 {
                state[0] = state[623]
                i = 1
            }
        }
        state[0] = 0x8000_0000
    }

    private mutating func seed(_ value: UInt32) {
        state[0] = value
        for i in 1..<624 { state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i) }
    }

    private mutating func twist() {
        for i in 0..<624 {
            let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7FFF_FFFF)
            state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
        }
        index = 0
    }

    package mutating func next() -> UInt32 {
        if index >= 624 { twist() }
        var y = state[index]
        index += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C_5680
        y ^= (y << 15) & 0xEFC6_0000
        return y ^ (y >> 18)
    }

    /// A number below a bound, as `_randbelow` finds it.
    package mutating func below(_ bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        let bits = Int.bitWidth - bound.leadingZeroBitCount
        while true {
            var number = 0
            var taken = 0
            while taken < bits {
                let count = min(32, bits - taken)
                number |= Int(next() >> UInt32(32 - count)) << taken
                taken += count
            }
            if number < bound { return number }
        }
    }

    /// `sample(range(count), size)`: which of the elements, in their new order.
    package mutating func sample(_ size: Int, of count: Int) -> [Int] {
        // For few of many a set of those that are taken needs less room than a copy of all.
        var setSize = 21
        if size > 5 {
            var power = 1
            while power < size * 3 { power *= 4 }
            setSize += power
        }
        if count <= setSize {
            var pool = Array(0..<count)
            return (0..<size).map { taken in
                let place = below(count - taken)
                let chosen = pool[place]
                pool[place] = pool[count - taken - 1]
                return chosen
            }
        }
        var selected: Set<Int> = []
        return (0..<size).map { _ in
            var place = below(count)
            while !selected.insert(place).inserted { place = below(count) }
            return place
        }
    }
}
