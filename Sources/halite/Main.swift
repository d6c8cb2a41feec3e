import HaliteCLI

@main
struct Main {
    static func main() async { await Entry.main(CommandLine.arguments) }
}
