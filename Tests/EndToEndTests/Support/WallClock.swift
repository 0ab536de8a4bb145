import FoundationEssentials
import YggProcess

/// The wall clock of processes that are started with its environment, to be set by a test.
///
/// A library between them and the C library adds what stands in a file to every time of day. Monotonic clocks it leaves
/// alone, as whoever sets a clock does.
struct WallClock {
    private let file: String
    private let library: String

    /// - Parameter directory: where it keeps its library, and its file under `name`.
    init(_ name: String, in directory: String) async throws {
        file = "\(directory)/clock-\(name)"
        library = "\(directory)/clock.so"
        let source = "\(directory)/clock.c"
        try Self.source.write(toFile: source, atomically: true, encoding: .utf8)
        try set(ahead: 0)
        let built = await tool("clang", "-shared", "-fPIC", "-O1", "-o", library, source)
        guard built.outcome.succeeded else { throw EndToEndFailure("the clock cannot be built: \(built.stderr)") }
    }

    var environment: [String: String] { ["LD_PRELOAD": library, "TEST_WALL_CLOCK": file] }

    func set(ahead seconds: Int) throws {
        try "\(seconds)".write(toFile: file, atomically: true, encoding: .utf8)
    }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static long ahead(void) {
            const char *path = getenv("TEST_WALL_CLOCK");
            char text[32] = {0};
            int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
            if (file < 0) return 0;
            ssize_t count = read(file, text, sizeof text - 1);
            close(file);
            return count > 0 ? atol(text) : 0;
        }

        int clock_gettime(clockid_t clock, struct timespec *time) {
            int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
            int status = real(clock, time);
            if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += ahead();
            return status;
        }

        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
            int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
            int status = real(time, zone);
            if (status == 0) time->tv_sec += ahead();
            return status;
        }

        time_t time(time_t *result) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }

        """
}
