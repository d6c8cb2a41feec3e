import Glibc

// Times parts of Halite from inside; scripts/bench-* ask and compare with the peers. Not part of the product.
switch CommandLine.arguments.dropFirst().first {
case "jinja": try JinjaBenchmark.run()
case "yaml": YAMLBench.run(files: Array(CommandLine.arguments.dropFirst(2)))
default:
    Line.write("usage: halite-bench jinja | yaml FILE...")
    exit(64)
}
