extension BigInteger {
    public init(_ value: Int) {
        let size = value.magnitude
        self.init(
            magnitude: [UInt32(truncatingIfNeeded: size), UInt32(truncatingIfNeeded: size >> 32)],
            isNegative: value < 0)
    }

    /// The whole part of a finite number.
    public init?(exactlyTruncating value: Double) {
        guard value.isFinite else { return nil }
        let whole = value.rounded(.towardZero)
        if whole == 0 {
            self.init(0)
            return
        }
        let shift = Int(whole.exponent) - 52
        let significand = UInt64(whole.significandBitPattern | (1 << 52))
        let base = BigInteger(magnitude: [UInt32(truncatingIfNeeded: significand), UInt32(significand >> 32)], isNegative: false)
        let size = shift >= 0 ? base.shiftedLeft(shift) : base.shiftedRight(-shift)
        self.init(magnitude: size.magnitude, isNegative: whole < 0)
    }

    /// The number when it fits into 64 bits.
    public var intValue: Int? {
        guard magnitude.count <= 2 else { return nil }
        var size: UInt = 0
        for (position, word) in magnitude.enumerated() { size |= UInt(word) << UInt(32 * position) }
        if isNegative { return size <= UInt(Int.max) + 1 ? Int(truncatingIfNeeded: 0 &- size) : nil }
        return Int(exactly: size)
    }

    public var bitWidth: Int {
        guard let top = magnitude.last else { return 0 }
        return (magnitude.count - 1) * 32 + (32 - top.leadingZeroBitCount)
    }

    public static prefix func - (value: BigInteger) -> BigInteger {
        BigInteger(magnitude: value.magnitude, isNegative: !value.isNegative)
    }

    public static func + (left: BigInteger, right: BigInteger) -> BigInteger {
        if left.isNegative == right.isNegative {
            return BigInteger(magnitude: sum(left.magnitude, right.magnitude), isNegative: left.isNegative)
        }
        if compareMagnitudes(left.magnitude, right.magnitude) >= 0 {
            return BigInteger(magnitude: difference(left.magnitude, right.magnitude), isNegative: left.isNegative)
        }
        return BigInteger(magnitude: difference(right.magnitude, left.magnitude), isNegative: right.isNegative)
    }

    public static func - (left: BigInteger, right: BigInteger) -> BigInteger { left + (-right) }

    public static func * (left: BigInteger, right: BigInteger) -> BigInteger {
        guard !left.isZero, !right.isZero else { return BigInteger(0) }
        var result = [UInt32](repeating: 0, count: left.magnitude.count + right.magnitude.count)
        for (i, a) in left.magnitude.enumerated() {
            var carry: UInt64 = 0
            for (j, b) in right.magnitude.enumerated() {
                let product = UInt64(a) * UInt64(b) + UInt64(result[i + j]) + carry
                result[i + j] = UInt32(truncatingIfNeeded: product)
                carry = product >> 32
            }
            result[i + right.magnitude.count] = UInt32(carry)
        }
        return BigInteger(magnitude: result, isNegative: left.isNegative != right.isNegative)
    }

    /// Python's `divmod`: the quotient is rounded down, the remainder has the sign of the divisor. Nil for division by zero.
    public func floorDivided(by divisor: BigInteger) -> (quotient: BigInteger, remainder: BigInteger)? {
        guard !divisor.isZero else { return nil }
        let (size, rest) = Self.divide(magnitude, divisor.magnitude)
        var quotient = BigInteger(magnitude: size, isNegative: isNegative != divisor.isNegative)
        var remainder = BigInteger(magnitude: rest, isNegative: isNegative)
        if !remainder.isZero, remainder.isNegative != divisor.isNegative {
            quotient = quotient - BigInteger(1)
            remainder = remainder + divisor
        }
        return (quotient, remainder)
    }

    /// The power with a whole exponent that is not negative.
    public func power(_ exponent: Int) -> BigInteger {
        var result = BigInteger(1)
        var base = self
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = result * base }
            rest >>= 1
            if rest > 0 { base = base * base }
        }
        return result
    }

    public func shiftedLeft(_ count: Int) -> BigInteger {
        let words = count / 32
        let bits = UInt64(count % 32)
        var result = [UInt32](repeating: 0, count: words)
        var carry: UInt64 = 0
        for word in magnitude {
            let shifted = UInt64(word) << bits | carry
            result.append(UInt32(truncatingIfNeeded: shifted))
            carry = shifted >> 32
        }
        result.append(UInt32(carry))
        return BigInteger(magnitude: result, isNegative: isNegative)
    }

    /// Shifts the magnitude; the sign stays, so negative numbers round towards zero.
    public func shiftedRight(_ count: Int) -> BigInteger {
        let words = count / 32
        let bits = UInt64(count % 32)
        guard words < magnitude.count else { return BigInteger(0) }
        var result: [UInt32] = []
        for position in words..<magnitude.count {
            let high = position + 1 < magnitude.count ? UInt64(magnitude[position + 1]) : 0
            result.append(UInt32(truncatingIfNeeded: (high << 32 | UInt64(magnitude[position])) >> bits))
        }
        return BigInteger(magnitude: result, isNegative: isNegative)
    }

    /// The nearest double of the quotient, as Python's true division gives; nil when it is too large.
    public func trueDivided(by divisor: BigInteger) -> Double? {
        guard !divisor.isZero else { return nil }
        if isZero { return 0 }
        // Keep 66 bits or more of the quotient: enough to round once, with a sticky bit for the rest.
        let shift = 66 - (bitWidth - divisor.bitWidth)
        let scaled = shift >= 0 ? shiftedLeft(shift) : self
        let scaledDivisor = shift >= 0 ? divisor : divisor.shiftedLeft(-shift)
        let (size, rest) = Self.divide(scaled.magnitude, scaledDivisor.magnitude)
        var quotient = BigInteger(magnitude: size, isNegative: false)
        if !rest.allSatisfy({ $0 == 0 }) {
            var words = quotient.magnitude
            words[0] |= 1
            quotient = BigInteger(magnitude: words, isNegative: false)
        }
        let value = quotient.roundedDouble
        let scaledValue = Double(sign: .plus, exponent: -shift, significand: value)
        guard scaledValue.isFinite else { return nil }
        return isNegative != divisor.isNegative ? -scaledValue : scaledValue
    }

    /// The nearest double, ties to even; infinite when too large.
    public var roundedDouble: Double {
        let width = bitWidth
        guard width > 64 else {
            var size: UInt64 = 0
            for (position, word) in magnitude.enumerated() { size |= UInt64(word) << UInt64(32 * position) }
            return isNegative ? -Double(size) : Double(size)
        }
        let shift = width - 64
        let top = shiftedRight(shift)
        var size = UInt64(top.magnitude[0]) | UInt64(top.magnitude[1]) << 32
        if BigInteger.compareMagnitudes(top.shiftedLeft(shift).magnitude, magnitude) != 0 { size |= 1 }
        let value = Double(sign: .plus, exponent: shift, significand: Double(size))
        return isNegative ? -value : value
    }

    static func compareMagnitudes(_ left: [UInt32], _ right: [UInt32]) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        for position in left.indices.reversed() where left[position] != right[position] {
            return left[position] < right[position] ? -1 : 1
        }
        return 0
    }

    private static func sum(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        let (long, short) = left.count >= right.count ? (left, right) : (right, left)
        var result: [UInt32] = []
        result.reserveCapacity(long.count + 1)
        var carry: UInt64 = 0
        for position in long.indices {
            let total = UInt64(long[position]) + (position < short.count ? UInt64(short[position]) : 0) + carry
            result.append(UInt32(truncatingIfNeeded: total))
            carry = total >> 32
        }
        if carry > 0 { result.append(UInt32(carry)) }
        return result
    }

    private static func difference(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(left.count)
        var borrow: Int64 = 0
        for position in left.indices {
            var rest = Int64(left[position]) - (position < right.count ? Int64(right[position]) : 0) - borrow
            borrow = rest < 0 ? 1 : 0
            if rest < 0 { rest += 1 << 32 }
            result.append(UInt32(rest))
        }
        return result
    }

    static func divideSmall(_ left: [UInt32], by divisor: UInt32) -> (quotient: [UInt32], remainder: UInt32) {
        var quotient = left
        var remainder: UInt64 = 0
        for position in left.indices.reversed() {
            let current = remainder << 32 | UInt64(left[position])
            quotient[position] = UInt32(current / UInt64(divisor))
            remainder = current % UInt64(divisor)
        }
        while quotient.last == 0 { quotient.removeLast() }
        return (quotient, UInt32(remainder))
    }

    /// Long division of magnitudes (Knuth, volume 2, algorithm D).
    private static func divide(_ left: [UInt32], _ right: [UInt32]) -> (quotient: [UInt32], remainder: [UInt32]) {
        if compareMagnitudes(left, right) < 0 { return ([], left) }
        if right.count == 1 {
            let (quotient, remainder) = divideSmall(left, by: right[0])
            return (quotient, [remainder])
        }
        let shift = right[right.count - 1].leadingZeroBitCount
        let divisor = BigInteger(magnitude: right, isNegative: false).shiftedLeft(shift).magnitude
        var rest = BigInteger(magnitude: left, isNegative: false).shiftedLeft(shift).magnitude
        while rest.count <= left.count { rest.append(0) }
        let count = divisor.count
        var quotient = [UInt32](repeating: 0, count: rest.count - count)
        for position in stride(from: rest.count - count - 1, through: 0, by: -1) {
            let top = UInt64(rest[position + count]) << 32 | UInt64(rest[position + count - 1])
            var guess = top / UInt64(divisor[count - 1])
            var guessRest = top % UInt64(divisor[count - 1])
            while guess >> 32 != 0
                || guess * UInt64(divisor[count - 2]) > (guessRest << 32 | UInt64(rest[position + count - 2]))
            {
                guess -= 1
                guessRest += UInt64(divisor[count - 1])
                if guessRest >> 32 != 0 { break }
            }
            var borrow: Int64 = 0
            var carry: UInt64 = 0
            for index in 0..<count {
                let product = guess * UInt64(divisor[index]) + carry
                carry = product >> 32
                let part = Int64(rest[position + index]) - borrow - Int64(product & 0xFFFF_FFFF)
                rest[position + index] = UInt32(truncatingIfNeeded: part)
                borrow = part < 0 ? 1 : 0
            }
            let last = Int64(rest[position + count]) - borrow - Int64(carry)
            rest[position + count] = UInt32(truncatingIfNeeded: last)
            if last < 0 {
                guess -= 1
                var overflow: UInt64 = 0
                for index in 0..<count {
                    let total = UInt64(rest[position + index]) + UInt64(divisor[index]) + overflow
                    rest[position + index] = UInt32(truncatingIfNeeded: total)
                    overflow = total >> 32
                }
                rest[position + count] = UInt32(truncatingIfNeeded: UInt64(rest[position + count]) + overflow)
            }
            quotient[position] = UInt32(truncatingIfNeeded: guess)
        }
        while quotient.last == 0 { quotient.removeLast() }
        return (quotient, BigInteger(magnitude: rest, isNegative: false).shiftedRight(shift).magnitude)
    }
}

extension BigInteger: Comparable {
    public static func < (left: BigInteger, right: BigInteger) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        let order = compareMagnitudes(left.magnitude, right.magnitude)
        return left.isNegative ? order > 0 : order < 0
    }
}
