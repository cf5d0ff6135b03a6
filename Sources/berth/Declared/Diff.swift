import ArgumentParser

struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what `berth apply` would change; exit code 0 for nothing, 10 for something.",
        discussion: """
            berth diff --file cluster.yaml
            +  is made    ~  is changed    !  can't be changed
            """)

    @OptionGroup var options: DeclaredOptions

    func run() async throws {
        let difference = try await options.difference(try options.declared(), try options.connection.client())
        for step in difference.steps { try StandardOutput.write(step.line + "\n") }
        if !difference.steps.isEmpty { throw ExitCode(10) }
    }
}
