import Glibc

let arguments: CageArguments
do { arguments = try CageArguments(CommandLine.arguments) } catch {
    Report.toStandardError(error.sentence)
    exit(2)
}

do {
    var cage = try Cage(arguments)
    try cage.start()
    cage.watch()
    exit(0)
} catch {
    Report.failed(error.sentence)
    exit(1)
}
