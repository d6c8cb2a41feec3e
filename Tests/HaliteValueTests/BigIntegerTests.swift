import HaliteValue
import Testing

@Suite struct BigIntegerTests {
    private func big(_ text: String) -> BigInteger { BigInteger(text) ?? BigInteger(0) }

    @Test func arithmeticKeepsAllDigits() {
        let a = big("123456789012345678901234567890")
        let b = big("-987654321098765432109876543210")
        #expect((a + b).description == "-864197532086419753208641975320")
        #expect((a - b).description == "1111111110111111111011111111100")
        #expect((a * b).description == "-121932631137021795226185032733622923332237463801111263526900")
        #expect(BigInteger(2).power(100).description == "1267650600228229401496703205376")
        #expect(BigInteger(Int.min).intValue == Int.min)
        #expect((BigInteger(Int.min) - BigInteger(1)).intValue == nil)
    }

    @Test(arguments: [(7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1)])
    func divisionRoundsDown(a: Int, b: Int, quotient: Int, remainder: Int) {
        let scale = BigInteger(10).power(30)
        let result = (BigInteger(a) * scale).floorDivided(by: BigInteger(b) * scale)
        #expect(result?.quotient == BigInteger(quotient))
        #expect(result?.remainder == BigInteger(remainder) * scale)
        #expect(BigInteger(a).floorDivided(by: BigInteger(0)) == nil)
    }

    @Test func divisionUndoesMultiplication() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            func random(_ words: Int) -> BigInteger {
                BigInteger(magnitude: (0..<words).map { _ in [0, 1, .max, generator.next()].randomElement() ?? 1 }, isNegative: .random())
            }
            let a = random(6)
            let b = random(Int.random(in: 1...5))
            guard !b.isZero, let (quotient, remainder) = a.floorDivided(by: b) else { continue }
            #expect(quotient * b + remainder == a)
            #expect(remainder.isZero || remainder.isNegative == b.isNegative)
            #expect(BigInteger(a.description) == a)
        }
    }

    @Test func quotientsAsDoublesAreRoundedOnce() {
        #expect(BigInteger(2).power(100).trueDivided(by: BigInteger(2).power(99)) == 2)
        #expect(BigInteger(1).trueDivided(by: BigInteger(3)) == 1.0 / 3.0)
        #expect(BigInteger(10).power(400).trueDivided(by: BigInteger(3)) == nil)
        #expect(BigInteger(9_007_199_254_740_993).roundedDouble == 9_007_199_254_740_992)
    }
}
