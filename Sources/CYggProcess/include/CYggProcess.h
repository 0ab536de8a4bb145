// The calls of Linux that Swift does not import, for YggProcess.
//
// A pid_t is written as what it is, an int: with the header that names it, Swift would take the type for this module's.
#pragma once

/// Starts a program as the leader of a session of its own.
///
/// It gets `input`, `output` and `errors` as its standard streams and no other descriptor, an empty signal mask and
/// every signal at its default. `path` is not searched for; a relative one is resolved in `directory`, which may be NULL
/// for the caller's own.
/// - Returns: 0, or the error of what failed, the `exec` included. Nothing is left to be reaped then.
int ygg_spawn(
    int *pid, const char *path, char *const argv[], char *const environment[], const char *directory, int input,
    int output, int errors);

/// A pipe: `ends[0]` is read from, `ends[1]` written to. Both are closed on exec and lie above the standard streams, so
/// that giving one to a child never overwrites another.
/// - Returns: 0 or an error.
int ygg_pipe(int ends[2]);

/// A descriptor that can be read once the process has ended.
/// - Returns: -1 with `errno` where the kernel has none or is out of them.
int ygg_process_descriptor(int pid);

/// A descriptor that another thread makes readable, non-blocking.
/// - Returns: -1 with `errno`.
int ygg_event_descriptor(void);
