import HaliteValue
import Testing

/// Expectations are what Python 3.11 prints.
@Suite struct PythonTextTests {
    @Test(arguments: [
        (1.0, "1.0"), (0.1, "0.1"), (-0.0, "-0.0"), (1e15, "1000000000000000.0"), (1e16, "1e+16"), (1.5e16, "1.5e+16"),
        (0.0001, "0.0001"), (0.00001, "1e-05"), (1.2345e-7, "1.2345e-07"), (1e22, "1e+22"), (1e100, "1e+100"),
        (123456789.123, "123456789.123"), (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0.1 + 0.2, "0.30000000000000004"), (9007199254740993.0, "9007199254740992.0"), (.infinity, "inf"),
    ])
    func floats(value: Double, text: String) { #expect(PythonText.repr(value) == text) }

    @Test(arguments: [
        ("a", "'a'"), ("it's", "\"it's\""), ("'\"", "'\\'\"'"), ("\n\t\r\\", "'\\n\\t\\r\\\\'"), ("\u{1B}\u{7F}", "'\\x1b\\x7f'"),
        ("äß€😀", "'äß€😀'"), ("\u{A0}\u{200B}", "'\\xa0\\u200b'"), ("\u{E0001}", "'\\U000e0001'"), ("", "''"),
    ])
    func strings(value: String, text: String) { #expect(PythonText.repr(value) == text) }

    @Test func containersAndBytes() {
        let value: Value = ["a": [1, 2.0, nil, true], "b": .bytes([0, 65, 39, 255])]
        #expect(value.pythonRepr == "{'a': [1, 2.0, None, True], 'b': b\"\\x00A'\\xff\"}")
        #expect(Value.string("x").pythonString == "x")
    }
}
