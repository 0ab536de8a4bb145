import Testing
import YggAgent
import YggCore

struct OllamaPullDecoderTests {
    private static func progress(_ lines: [String]) throws -> [PullProgress] {
        var decoder = OllamaPullDecoder(place: ModelPlace(model: "m", endpoint: "http://127.0.0.1:11434"))
        var progress: [PullProgress] = []
        for line in lines { progress += try decoder.feed(Array((line + "\n").utf8)) }
        return progress + (try decoder.finish())
    }

    private static func code(_ lines: [String]) -> ModelFailure.Code? {
        do {
            _ = try progress(lines)
            return nil
        } catch {
            return (error as? ModelFailure)?.code
        }
    }

    @Test func `parts that come side by side add up`() throws {
        let progress = try Self.progress([
            #"{"status":"pulling manifest"}"#,
            #"{"status":"pulling aaa","digest":"sha256:a","total":100}"#,
            #"{"status":"pulling bbb","digest":"sha256:b","total":50}"#,
            #"{"status":"pulling aaa","digest":"sha256:a","total":100,"completed":60}"#,
            #"{"status":"pulling bbb","digest":"sha256:b","total":50,"completed":50}"#,
            #"{"status":"pulling aaa","digest":"sha256:a","total":100,"completed":100}"#,
            #"{"status":"success"}"#,
        ])
        #expect(progress.map(\.totalBytes) == [0, 100, 150, 150, 150, 150, 150])
        #expect(progress.map(\.completedBytes) == [0, 0, 0, 60, 110, 150, 150])
    }

    @Test(arguments: [
        ([#"{"status":"pulling manifest"}"#], ModelFailure.Code.incompleteStream),
        ([#"{"error":"pull model manifest: file does not exist"}"#], .pullFailed),
        ([#"{"status":"pulling manifest"}"#, #"{"error":"write /x: no space left on device"}"#], .diskFull),
        (["<html>"], .malformedStream),
    ])
    func `only a success is one`(lines: [String], code: ModelFailure.Code) {
        #expect(Self.code(lines) == code)
    }
}
