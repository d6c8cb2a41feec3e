import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Testing

@testable import HaliteModules

@Suite struct SupportTests {
    @Test(arguments: [
        ("a b 'c d' \"e f\" g\\ h", ["a", "b", "c d", "e f", "g h"]), ("", []), ("''", [""]), ("a\"b\"c", ["abc"]),
    ])
    func linesAreSplitAsAShellSplitsThem(_ line: String, _ words: [String]) throws {
        #expect(try ShellWords.split(line) == words)
    }

    @Test func crontabsKeepTheirOrderAndNames() {
        let text = """
            MAILTO=ops
            \(Crontab.tag)
            PATH=/bin
            # nightly SALT_CRON_IDENTIFIER:backup
            0 3 * * * /usr/bin/backup --all
            #DISABLED#@daily /bin/clean

            """
        var tab = Crontab(text)
        #expect(tab.text == text)
        let same = Crontab.Job(times: ["0", "3", "*", "*", "*"], command: "/usr/bin/backup --all", identifier: "backup", comment: nil)
        #expect(tab.set(same) == "present")
        #expect(tab.set(Crontab.Job(times: ["5", "3", "*", "*", "*"], command: "/usr/bin/backup", identifier: "backup", comment: nil)) == "updated")
        #expect(tab.set(Crontab.Job(times: ["1", "1", "*", "*", "*"], command: "x", identifier: "x", comment: nil)) == "new")
    }

    @Test func repositoriesAreRead() {
        let entry = AptLine("deb [arch=amd64 signed-by=/k.gpg] https://deb.example.org/x stable main extra # note")
        #expect(entry.architectures == ["amd64"] && entry.signedBy == "/k.gpg" && entry.comment == " note")
        #expect(entry.components == ["main", "extra"])
        #expect(AptLine("# deb https://deb.example.org/x stable main").isDisabled)
        #expect(AptLine("# a remark about deb").isInvalid)
    }

    @Test(arguments: [("1.0", "1.0.0", 0), ("1.10", "1.9", 1), ("2.0rc1", "2.0", -1), ("1.0.post1", "1.0", 1), ("1.0.dev1", "1.0a1", -1)])
    func pythonVersionsAreOrdered(_ left: String, _ right: String, _ order: Int) { #expect(PythonVersion.compare(left, right) == order) }

    @Test func requirementsAreRead() throws {
        let requirement = try PythonRequirement("Zope.Interface[test]>=5,<6 ; python_version > '3'")
        #expect(requirement.name == "zope-interface")
        #expect(requirement.specs.map(\.oper) == [">=", "<"])
        #expect(throws: ExecutionError.self) { try PythonRequirement("a=1") }
    }

    @Test func base64GoesThereAndBack() {
        for text in ["", "a", "ab", "abc", "hello world"] { #expect(Base64.decode(Base64.encode(Array(text.utf8))) == Array(text.utf8)) }
        #expect(Base64.decode("*") == nil)
    }

    @Test(arguments: [
        ("a(?P<x>b+)", "\\g<x>-\\1", "xabbc", "xbb-bbc"), ("x*", "-", "axb", "-a--b-"), ("^", "> ", "one", "> one"), ("\\Z", "!", "end", "end!"),
        ("a{,2}b", "X", "aaab", "aX"), ("(a)|(b)", "<\\1|\\2>", "ab", "<a|><|b>"),
    ])
    func patternsReplaceAsPythonDoes(_ pattern: String, _ template: String, _ text: String, _ expected: String) throws {
        #expect(try PythonRegex.compile(pattern).substitute(template, in: text) == expected)
    }

    @Test func badPatternsAreErrors() {
        #expect(throws: RegexError.self) { try PythonRegex.compile("(") }
        #expect(throws: RegexError.self) { try PythonRegex.compile("\\y") }
    }

    @Test func runawayPatternsEnd() throws {
        let regex = try PythonRegex.compile("(a+)+$")
        #expect(throws: RegexError.self) { try regex.search(String(repeating: "a", count: 60) + "!") }
    }

    @Test func unknownArgumentOfAStateIsAWarning() async throws {
        let harness = await ModuleHarness()
        let result = try await harness.state("file.missing", ["name": "/none", "makedir": true])
        #expect(result.result == true)
        #expect(result.warnings.count == 1)
    }

    @Test func unknownArgumentOfAFunctionIsAnError() async throws {
        let harness = await ModuleHarness()
        await #expect(throws: ArgumentError.self) { try await harness.call("cmd.run", "true", keywords: ["cwdd": "/"]) }
    }

    @Test func templatesGetNoShellUnlessTheyAskForOne() async throws {
        let harness = await ModuleHarness(programs: ["/bin/sh", "echo"])
        harness.host.answer(["echo", "*"], output: "a | b\n")
        harness.host.answer(["/bin/sh", "*"], output: "b\n")
        var context = CallContext(host: harness.host, services: harness.services, grains: harness.grains, pillar: [:])
        #expect(try await harness.services.call("cmd.run", Arguments(["echo a | b"]), in: context) == "b")
        context.isNested = true
        #expect(try await harness.services.call("cmd.run", Arguments(["echo a | b"]), in: context) == "a | b")
    }
}
