import HaliteJinja

/// What Salt adds to Jinja: its filters and tests by name.
enum SaltFilters {
    static let filters: [String: JinjaFunction] = {
        var table: [String: JinjaFunction] = ["http_query": SaltGlobals.query]
        let families = [
            SerializerFilters.table, RegexFilters.table, ListFilters.table, DictFilters.table, SaltTextFilters.table,
            NetworkFilters.table, HashFilters.table, FileFilters.table, RandomFilters.table, IterationFilters.table,
            DateFilters.table, EncodingFilters.table,
        ]
        for family in families { table.merge(family) { $1 } }
        return table
    }()

    static let tests: [String: JinjaFunction] = [
        "match": RegexFilters.match,
        "equalto": SaltFilter.define("test_equalto", "value, other") { arguments, _ in
            .bool(try arguments.value(0).isEqual(to: arguments.value(1)))
        },
        "list": SaltFilter.define("is_list", "value") { arguments, _ in .bool(arguments.value(0).asList != nil) },
    ]
}
