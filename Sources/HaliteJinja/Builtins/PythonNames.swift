/// What Python calls the functions behind filters and tests, for messages about their arguments.
enum PythonNames {
    private static let filters = [
        "abs": "abs", "count": "len", "length": "len", "d": "jinja2.filters.do_default", "e": "markupsafe.escape",
        "escape": "markupsafe.escape", "safe": "jinja2.filters.do_mark_safe", "string": "markupsafe.soft_str",
    ]

    private static let tests = [
        "callable": "callable", "==": "_operator.eq", "eq": "_operator.eq", "equalto": "_operator.eq", "!=": "_operator.ne",
        "ne": "_operator.ne", ">": "_operator.gt", "gt": "_operator.gt", "greaterthan": "_operator.gt", ">=": "_operator.ge",
        "ge": "_operator.ge", "<": "_operator.lt", "lt": "_operator.lt", "lessthan": "_operator.lt", "<=": "_operator.le",
        "le": "_operator.le",
    ]

    static func filter(_ name: String) -> String { filters[name] ?? "jinja2.filters.do_\(name)" }
    static func test(_ name: String) -> String { tests[name] ?? "jinja2.tests.test_\(name)" }
}
