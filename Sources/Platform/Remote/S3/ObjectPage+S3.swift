internal import FoundationEssentials

extension ObjectPage {
    /// Reads a `ListBucketResult`; nil when an element is missing.
    ///
    /// - SeeAlso: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
    init?(_ answer: XMLElement, below prefix: String) {
        var objects: [StoredObject] = []
        for element in answer.all("Contents") {
            guard let name = element["Key"], let byteCount = element["Size"].flatMap({ Int($0) }) else { return nil }
            let isBelow = prefix.isEmpty || name.hasPrefix("\(prefix)/")
            // A name that is no key was put there by somebody else.
            guard isBelow, let key = try? ObjectKey(String(name.dropFirst(prefix.isEmpty ? 0 : prefix.count + 1))) else { continue }
            objects.append(StoredObject(key: key, byteCount: byteCount, modifiedAt: element["LastModified"].flatMap(S3Date.listing)))
        }
        guard answer["IsTruncated"] == "true" else {
            self.init(objects: objects, next: nil)
            return
        }
        guard let token = answer["NextContinuationToken"], !token.isEmpty else { return nil }
        self.init(objects: objects, next: Position(text: token))
    }
}
