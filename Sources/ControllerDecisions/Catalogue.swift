import ClusterModel

/// Sizes and images.
extension ClusterState {
    /// There from the first start, so that a launch without any word of room works.
    package static let firstSizes: [Size] = [
        ("nano", 250, 64, 512), ("tiny", 1000, 128, 1024), ("small", 1000, 512, 4096), ("medium", 2000, 2048, 20480), ("large", 4000, 8192, 40960),
    ].compactMap { text, cpu, memory, disk in
        (try? Name(text)).map { Size(name: $0, resources: Resources(cpu: MilliCPU(cpu), memory: MiB(memory), disk: MiB(disk))) }
    }

    mutating func createSize(_ size: Size, at now: Timestamp) throws(ErrorBody) -> Answer {
        try LaunchCheck.resources(size.resources, "resources", least: 1)
        guard size.traits.count <= LedgerSettings.Limit.rules else {
            throw .invalid("traits: at most \(LedgerSettings.Limit.rules) are allowed.")
        }
        for trait in size.traits { try LaunchCheck.text(trait, "traits") }
        if let existing = sizes[size.name]?.value {
            if existing == size { return .size(existing) }
            throw .conflict("A size “\(size.name)” exists already; sizes do not change, so choose another name or delete it first.")
        }
        guard sizes.count < LedgerSettings.Limit.sizes else { throw .tooMany("There are \(sizes.count) sizes, which is the most there may be.") }
        put(size)
        note(.info, "SizeCreated", .size(size.name), "Size “\(size.name)” was created.", at: now)
        return .size(size)
    }

    /// Instances keep what the size gave them, so a size may go while they use it.
    mutating func deleteSize(_ name: Name, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard let size = sizes[name]?.value else { throw ErrorBody(code: .notFound, message: "There is no size “\(name)”.") }
        remove(size)
        note(.info, "SizeDeleted", .size(name), "Size “\(name)” was deleted.", at: now)
        return .size(size)
    }

    mutating func putImage(_ image: Image, at now: Timestamp) throws(ErrorBody) -> Answer {
        if let project = image.project { try checkProject(project) }
        if let id = imageNames[image.owned], let existing = images[id]?.value {
            if existing.importedDigest == image.importedDigest, existing.format == image.format, existing.architecture == image.architecture {
                return .image(existing)
            }
            throw .conflict("Another image “\(image.name)” exists already; images do not change, so choose another name or delete it first.")
        }
        guard images[image.id] == nil else { throw .conflict("The id \(image.id) is in use.") }
        guard images.count < LedgerSettings.Limit.images else { throw .tooMany("There are \(images.count) images, which is the most there may be.") }
        if let project = image.project {
            try checkQuota(project, adding: QuotaUsage(images: 1))
        }
        put(image)
        note(.info, "ImageImported", .image(image.name), of: image.project, "Image “\(image.name)” was imported.", at: now)
        return .image(image)
    }

    mutating func deleteImage(_ key: ImageKey, at now: Timestamp) throws(ErrorBody) -> Answer {
        let image = try find(key)
        let uses = imageUse[image.digest] ?? 0
        let elsewhere = images.values.contains { $0.value.digest == image.digest && $0.value.id != image.id }
        guard uses == 0 || elsewhere else {
            throw .conflict("Image “\(image.name)” is in use by \(uses) instance\(uses == 1 ? "" : "s"); delete \(uses == 1 ? "it" : "them") first.")
        }
        remove(image)
        note(.info, "ImageDeleted", .image(image.name), of: image.project, "Image “\(image.name)” was deleted.", at: now)
        return .image(image)
    }
}
