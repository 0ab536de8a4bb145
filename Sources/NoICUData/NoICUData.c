// Foundation, which GRDB and Yams are written with, brings ICU along: 34 MB of calendars, collations, names and
// transliterations of all the world's languages, a third of the program, of which nothing here is used: what Yggdrasil
// says it says in English, time it counts in seconds since 1970, and text it compares by its bytes.
//
// A statically linked program takes its data from the archive of ICU only where nobody else defines the symbol. This is
// the same package of data with no entry in it. What asks ICU for something locale-dependent is told that it is not
// there, which is the answer for a language that ICU does not know. That goes for Foundation's time zones by name and for
// host names beyond ASCII, too: who needs them must not take them from Foundation.
//
// The name carries ICU's version. With a toolchain of another one, the program still works and is larger again; the
// check of the size says so (scripts/program-size.sh). Programs that link Foundation dynamically, as debug builds do, are not
// touched: the symbol is hidden.

#include <stdint.h>

#include "include/NoICUData.h"

struct icu_data {
    uint16_t header_size;
    uint8_t magic[2];
    uint16_t info_size;
    uint16_t reserved;
    uint8_t is_big_endian;
    uint8_t charset;
    uint8_t char_size;
    uint8_t reserved_too;
    uint8_t format[4];
    uint8_t format_version[4];
    uint8_t data_version[4];
    uint8_t filler[8];
    // The table of contents.
    uint32_t entries;
    uint32_t end;
};

extern const struct icu_data icudt76_dat;

__attribute__((visibility("hidden"), aligned(16))) const struct icu_data icudt76_dat = {
    .header_size = 32,
    .magic = {0xDA, 0x27},
    .info_size = 20,
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    .is_big_endian = 1,
#endif
    .char_size = 2,
    .format = {'C', 'm', 'n', 'D'},
    .format_version = {1},
    .data_version = {76, 1},
};
