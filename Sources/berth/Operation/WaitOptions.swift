import ArgumentParser
import ClusterModel

struct WaitOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Wait until it is done, or return once it is accepted. The default is to wait.")
    var wait: Bool?

    @Option(
        help: ArgumentHelp("How long to wait, such as 60s; then it goes on without being waited for.", valueName: "time"),
        transform: ArgumentText.time)
    var timeout = Milliseconds(seconds: 300)
}
