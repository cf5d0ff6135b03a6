import ClusterModel

/// Whether bytes are what they were declared to be. What is declared decides; nothing is ever guessed from the bytes.
struct ImageCheck {
    var maximumDisk: Int64

    func virtualBytes(of intake: ImageIntake, format: Image.Format) throws(ErrorBody) -> Int64 {
        let beginning = intake.beginning(QCOW2Header.window)
        switch format {
        case .linux: return 0
        case .raw:
            guard !beginning.starts(with: [0x51, 0x46, 0x49, 0xFB]) else {
                throw .invalid("format: the image is declared as raw and begins as a qcow2 file does; declare it as qcow2.")
            }
            guard intake.bytes <= maximumDisk else {
                throw .invalid("The image's disk of \(intake.bytes) bytes is out of range: at most \(maximumDisk) bytes are allowed.")
            }
            return intake.bytes
        case .qcow2:
            do throws(QCOW2Header.Refusal) {
                return try QCOW2Header(beginning, fileBytes: intake.bytes, limit: maximumDisk).virtualBytes
            } catch {
                throw .invalid("The image is refused: \(error); \(error.remedy).")
            }
        }
    }
}

extension ErrorBody {
    fileprivate static func invalid(_ message: String) -> Self { ErrorBody(code: .invalid, message: message) }
}
