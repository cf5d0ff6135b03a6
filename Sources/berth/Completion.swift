import ArgumentParser

struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a completion script for bash, zsh or fish.",
        discussion: """
            bash:  berth completion bash > ~/.local/share/bash-completion/completions/berth
            zsh:   berth completion zsh > "${fpath[1]}/_berth"
            fish:  berth completion fish > ~/.config/fish/completions/berth.fish
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: Shell

    func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try StandardOutput.write(Berth.completionScript(for: kind) + "\n")
    }
}
