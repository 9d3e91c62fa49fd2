/* support.h - what the tests of io and data share: a context, a folder of their own, bytes in and out, scarce
 * memory, hostile files. */
#ifndef GRADUS_TESTS_IO_SUPPORT_H
#define GRADUS_TESTS_IO_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/context.h"
#include "tensor/tensor.h"

/* Where the checkout lies: the build sets it; a test run from there needs nothing. */
#ifndef GD_SOURCE_DIR
#define GD_SOURCE_DIR "."
#endif
#define REF GD_SOURCE_DIR "/tests/io/ref/"

enum { PATH_ROOM = 512 };

/* ---- a context for each test ---- */

static gd_context *g;

static inline int open_context(void **state)
{
    (void)state;
    g = gd_open();
    return gd_failed(g);
}

static inline int close_context(void **state)
{
    (void)state;
    gd_close(g);
    return 0;
}

/* ---- a folder of the test's own ---- */

static char folder[PATH_ROOM];

static inline int make_folder(void **state)
{
    const char *parent = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%s/gradus-test-XXXXXX", parent && *parent ? parent : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

/* The path of a file in the folder: a static buffer, of which there are four in turn. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][PATH_ROOM + 260];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* How many files and folders lie in the folder. */
static inline int files_in_folder(void)
{
    int count = 0;
    DIR *open = opendir(folder);
    assert_non_null(open);
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open);
    return count;
}

static inline int remove_folder(void **state)
{
    (void)state;
    DIR *open = opendir(folder);
    if (!open)
        return -1;
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open)) {
        if (entry->d_name[0] != '.' || strncmp(entry->d_name, ".gradus", 7) == 0)
            remove(in_folder(entry->d_name));
    }
    closedir(open);
    return rmdir(folder);
}

/* ---- bytes ---- */

static inline void put_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The whole file; the caller frees it. */
static inline unsigned char *get_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("there is no file '%s'", path);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static inline void assert_same_files(const char *first, const char *second)
{
    size_t of_first, of_second;
    unsigned char *a = get_bytes(first, &of_first), *b = get_bytes(second, &of_second);
    assert_int_equal(of_first, of_second);
    assert_memory_equal(a, b, of_first);
    free(a);
    free(b);
}

/* ---- what a program prints ---- */

/* Puts a file in place of a stream; returns what was there. */
static inline int divert(FILE *stream, const char *path)
{
    fflush(stream);
    int kept = dup(fileno(stream)), file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(kept >= 0 && file >= 0);
    dup2(file, fileno(stream));
    close(file);
    return kept;
}

static inline void restore(FILE *stream, int kept)
{
    fflush(stream);
    dup2(kept, fileno(stream));
    close(kept);
}

/* ---- errors ---- */

/* The context failed with this status, and its message has this part; it is then cleared. */
static inline void assert_error(gd_context *own, gd_status status, const char *part)
{
    if (gd_first_error(own)->status != status || !strstr(gd_message(own), part))
        fail_msg("expected '%s' with \"%s\", got '%s': %s", gd_status_name(status), part,
                 gd_status_name(gd_first_error(own)->status), gd_message(own));
    gd_clear(own);
}

static inline void assert_fine(gd_context *own)
{
    if (gd_failed(own))
        fail_msg("%s", gd_message(own));
}

/* ---- tensors ---- */

static inline void assert_same_tensor(gd_tensor *a, gd_tensor *b)
{
    assert_true(gd__alive(a) && gd__alive(b));
    assert_int_equal(a->dtype, b->dtype);
    assert_true(gd__same_shape(a, b));
    size_t bytes = (size_t)a->numel * gd_dtype_size((gd_dtype)a->dtype);
    char *of_a = malloc(bytes + 1), *of_b = malloc(bytes + 1);
    assert_true(gd_read(a, (gd_dtype)a->dtype, of_a, (size_t)a->numel));
    assert_true(gd_read(b, (gd_dtype)b->dtype, of_b, (size_t)b->numel));
    assert_memory_equal(of_a, of_b, bytes);
    free(of_a);
    free(of_b);
}

/* Element i of `t` is first + i * step. */
static inline void assert_steps(gd_tensor *t, double first, double step)
{
    assert_true(gd__alive(t));
    double *values = malloc((size_t)t->numel * sizeof *values + 1);
    assert_true(gd_read(t, GD_FLOAT64, values, (size_t)t->numel));
    for (int64_t i = 0; i < t->numel; i++) {
        if (values[i] != first + (double)i * step)
            fail_msg("element %d is %g, not %g", (int)i, values[i], first + (double)i * step);
    }
    free(values);
}

static inline void assert_shape(gd_tensor *t, gd_dims shape)
{
    assert_true(gd__alive(t) && gd__same_dims(gd__shape(t), shape));
}

/* The transpose of a matrix, as a view; of the error tensor, that. */
static inline gd_tensor *transposed(gd_tensor *t)
{
    if (!gd__alive(t))
        return t;
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd_shape(t->shape[1], t->shape[0]) };
    meta.stride[0] = t->stride[1];
    meta.stride[1] = t->stride[0];
    return gd__view(t, &meta);
}

/* ---- locales ---- */

/* Sets a locale with a decimal comma, of those that systems have, for the rest of the test; skips it where there is none. */
static inline void use_decimal_comma(void)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8", "ps_AF.UTF-8" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setlocale(LC_NUMERIC, names[i]))
            return;
    }
    printf("SKIP no locale with a decimal comma is installed\n");
    skip();
}

static inline int reset_locale(void **state)
{
    (void)state;
    return setlocale(LC_NUMERIC, "C") ? 0 : -1;
}

/* ---- scarce memory ---- */

/* An allocator that counts what is live, and from some moment on refuses. */
typedef struct scarce {
    size_t live;
    bool refuse;
    int granted; /* blocks that are given all the same */
} scarce;

static inline void *scarce_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    scarce *s = user;
    if (new_size > old_size && s->refuse && s->granted-- <= 0)
        return NULL;
    if (new_size == 0) {
        s->live -= old_size;
        free(block);
        return NULL;
    }
    void *resized = realloc(block, new_size);
    if (resized)
        s->live += new_size - old_size;
    return resized;
}

/* Leaves so many small blocks. False where there are not so many to leave. */
static inline bool grant(gd_context *own, scarce *memory, int blocks)
{
#ifdef GD_DEBUG
    (void)own; /* a debug build asks for each block by itself */
    memory->granted = blocks;
    return true;
#else
    enum { BLOCK = 64 };
    size_t left = (size_t)(own->pool.cut_end - own->pool.cut), granted = (size_t)blocks * BLOCK;
    (void)memory;
    if (granted < left)
        own->pool.cut = own->pool.cut_end - granted;
    return granted < left;
#endif
}

/* Runs `attempt` in a new context with memory for 0, 1, 2, ... small blocks after `prepare`, until it
 * succeeds. Each failure must be GD_ERROR_MEMORY, and after each all memory must have been given back.
 * `attempt` says whether it succeeded. Blocks are small: none may need more than a pool's small block. */
typedef bool attempt_function(gd_context *own, void *prepared);

static inline int until_memory_suffices(void *(*prepare)(gd_context *own), attempt_function *attempt)
{
    enum { MOST = 5000 };
    for (int blocks = 0; blocks < MOST; blocks++) {
        scarce memory = { .live = 0 };
        gd_context *own = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
        void *prepared = prepare ? prepare(own) : NULL;
        assert_fine(own);
        memory.refuse = true;
        bool enough = !grant(own, &memory, blocks);
        bool good = attempt(own, prepared);
        gd_status status = gd_first_error(own)->status;
        gd_close(own);
        assert_int_equal(memory.live, 0);
        if (good) {
            assert_int_equal(status, GD_OK);
            return blocks;
        }
        assert_int_equal(status, GD_ERROR_MEMORY);
        assert_false(enough);
    }
    fail_msg("it never succeeds");
    return -1;
}

/* ---- hostile files ---- */

/* Reads the file in a context of its own and says whether it was accepted. */
typedef bool reader_function(gd_context *own, const char *path);

static inline bool try_reading(reader_function *read, const char *path)
{
    gd_context *own = gd_open();
    bool accepted = read(own, path);
    assert_true(accepted == !gd_failed(own));
    gd_close(own);
    return accepted;
}

/* Every part of the file from its start, but the whole, must be refused. */
static inline void refuses_each_prefix(reader_function *read, const char *path)
{
    size_t size;
    unsigned char *bytes = get_bytes(path, &size);
    const char *cut = in_folder("cut");
    assert_true(try_reading(read, path));
    for (size_t length = 0; length < size; length++) {
        put_bytes(cut, bytes, length);
        if (try_reading(read, cut))
            fail_msg("the first %zu of %zu bytes of %s were accepted", length, size, path);
    }
    free(bytes);
}

/* The seed of the flips: GD_TEST_SEED, or 1. */
static inline uint32_t flip_seed(void)
{
    const char *given = getenv("GD_TEST_SEED");
    uint32_t seed = given ? (uint32_t)strtoul(given, NULL, 10) : 1;
    print_message("seed %u (set GD_TEST_SEED for another)\n", seed);
    return seed ? seed : 1;
}

static inline uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Files with one to four bytes changed, `rounds` of them: read or refused, but never worse. */
static inline void survives_flips(reader_function *read, const char *path, int rounds)
{
    size_t size;
    uint32_t random = flip_seed();
    unsigned char *bytes = get_bytes(path, &size), *changed = malloc(size);
    const char *flipped = in_folder("flipped");
    int accepted = 0;
    for (int round = 0; round < rounds; round++) {
        memcpy(changed, bytes, size);
        for (uint32_t flips = 1 + next_random(&random) % 4; flips > 0; flips--)
            changed[next_random(&random) % size] = (unsigned char)next_random(&random);
        put_bytes(flipped, changed, size);
        accepted += try_reading(read, flipped);
    }
    print_message("%d of %d changed files of %zu bytes were read all the same\n", accepted, rounds, size);
    free(bytes);
    free(changed);
}

#endif
