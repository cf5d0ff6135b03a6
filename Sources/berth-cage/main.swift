import Glibc

func fail(_ failure: CageFailure) -> Never {
    Report.toStandardError(failure.sentence)
    exit(2)
}

func runGuard() -> Never {
    do {
        var nodeGuard = try Guard(GuardArguments(CommandLine.arguments))
        nodeGuard?.run()
        exit(0)
    } catch { fail(error) }
}

func runCage() -> Never {
    let arguments: CageArguments
    do { arguments = try CageArguments(CommandLine.arguments) } catch { fail(error) }
    do {
        var cage = try Cage(arguments)
        try cage.start()
        cage.watch()
        exit(0)
    } catch {
        Report.failed(error.sentence)
        exit(1)
    }
}

if CommandLine.arguments.dropFirst().first == "--guard" { runGuard() } else { runCage() }
