// Foundation asks ICU about every host name of a URL. With these in place of ICU's own, which would look into its data,
// a name of ASCII is taken as it is, in small letters, and any other is no host name: it is written in its `xn--` form.
//
// Three functions of ICU's interface (uidna.h) are all that Foundation calls. Like the data, they count in a static program
// only.

#include <stdbool.h>
#include <stdint.h>

#include "include/NoICUData.h"

#define HIDDEN __attribute__((visibility("hidden")))

struct uidna_info {
    int16_t size;
    int8_t is_transitional_different;
    int8_t reserved[1];
    uint32_t errors;
    int32_t reserved_too[2];
};

// Of ICU's error codes and bits of `errors`.
enum { invalid_character_found = 10, buffer_overflow = 15, disallowed = 0x80 };

static const char transcoder;

HIDDEN const void *swift_uidna_openUTS46(uint32_t options, int32_t *status) {
    (void)options;
    (void)status;
    return &transcoder;
}

// What is copied is as long as what was given.
static int32_t copy(
    const char *name, int32_t length, char *room, int32_t capacity, struct uidna_info *info, int32_t *status) {
    if (*status > 0) return 0;
    info->errors = 0;
    info->is_transitional_different = false;
    int32_t count = 0;
    for (; length < 0 ? name[count] != 0 : count < length; count++) {
        unsigned char byte = (unsigned char)name[count];
        if (byte >= 0x80) {
            info->errors = disallowed;
            *status = invalid_character_found;
            return 0;
        }
        if (count < capacity) room[count] = (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
    }
    if (count < capacity) room[count] = 0;
    if (count > capacity) *status = buffer_overflow;
    return count;
}

HIDDEN int32_t swift_uidna_nameToASCII_UTF8(
    const void *idna, const char *name, int32_t length, char *room, int32_t capacity, struct uidna_info *info,
    int32_t *status) {
    (void)idna;
    return copy(name, length, room, capacity, info, status);
}

HIDDEN int32_t swift_uidna_nameToUnicodeUTF8(
    const void *idna, const char *name, int32_t length, char *room, int32_t capacity, struct uidna_info *info,
    int32_t *status) {
    (void)idna;
    return copy(name, length, room, capacity, info, status);
}
