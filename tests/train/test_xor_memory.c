/* test_xor_memory.c - examples/xor.c with too little memory: every program ends well, and gives everything back.
 *
 * The example is compiled in here as it stands, but opens a context that counts what is live and may refuse. Memory is
 * refused in two ways: request 0, 1, 2, ... to the allocator and all that follow; and, since few requests serve for many
 * blocks, after 0, 1, 2, ... small blocks of the first chunk. */
#include "../io/support.h"

#include "gradus/gradus.h"

enum { BLOCK = 64 };

typedef struct budget {
    long requests; /* granted; the next is refused */
    long blocks;   /* of the first chunk; -1: all */
    size_t live;
    long refused;
    long unused; /* blocks that were left at the first refusal, fewer than what was asked for */
} budget;

static budget now;
static gd_context *opened;

static void *counting_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    budget *b = user;
    if (new_size > old_size && b->requests-- <= 0) {
        if (b->refused++ == 0 && opened)
            b->unused = (opened->pool.cut_end - opened->pool.cut) / BLOCK;
        return NULL;
    }
    b->live = b->live - old_size + new_size;
    if (new_size > 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

/* A context with as much memory as the budget says. */
static gd_context *scarce_open(void)
{
    gd_context *c = gd_open_with(&(gd_config){ .allocator = { counting_resize, &now } });
    if (gd_failed(c) || now.blocks < 0)
        return c;
    size_t left = (size_t)(c->pool.cut_end - c->pool.cut), granted = (size_t)now.blocks * BLOCK;
    if (granted < left)
        c->pool.cut = c->pool.cut_end - granted;
    now.requests = 0;
    return opened = c;
}

/* The example's main ends without a return, which only a main may; its names are its own affair. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wreturn-type"
#define main xor_main
#define gd_open() scarce_open()
#include "../../examples/xor.c"
#undef gd_open
#undef main
#pragma GCC diagnostic pop

/* Runs the example in silence. What it printed as its complaint is the result; the caller frees it. */
static char *complaint_of_xor(void)
{
    size_t size;
    const char *path = in_folder("stderr");
    int out = divert(stdout, "/dev/null"), err = divert(stderr, path);
    xor_main();
    restore(stderr, err);
    restore(stdout, out);
    char *text = (char *)get_bytes(path, &size);
    text[size] = '\0';
    return text;
}

/* How many blocks the complaint says were wanted: "gd_zeros: 320 bytes could not be had". */
static long wanted(const char *complaint)
{
    const char *at = strstr(complaint, " bytes could not be had");
    while (at && at > complaint && at[-1] != ' ')
        at--;
    return at ? (strtol(at, NULL, 10) + BLOCK - 1) / BLOCK : 0;
}

/* 0 when nothing was refused. Otherwise the program must have said so; then the result is how many blocks more it takes
 * to come any further. Either way nothing may be left. */
static long run_with(long requests, long blocks)
{
    now = (budget){ .requests = requests, .blocks = blocks };
    opened = NULL;
    char *complaint = complaint_of_xor();
    bool good = complaint[0] == '\0';
    long more = wanted(complaint) - now.unused;
    if (!good && !strstr(complaint, "bytes could not be had") && !strstr(complaint, "for want of memory"))
        fail_msg("with %ld requests and %ld blocks: %s", requests, blocks, complaint);
    free(complaint);
    if (now.live != 0)
        fail_msg("with %ld requests and %ld blocks, %zu bytes are left", requests, blocks, now.live);
    if (good != (now.refused == 0))
        fail_msg("with %ld requests and %ld blocks, %ld refusals and a %s end", requests, blocks, now.refused,
                 good ? "good" : "bad");
    return good ? 0 : more > 0 ? more : 1;
}

static void xor_with_memory_runs(void **state)
{
    (void)state;
    assert_int_equal(run_with(1000, -1), 0);
}

static void xor_stands_each_refused_request(void **state)
{
    (void)state;
    long requests = 0;
    while (run_with(requests, -1))
        assert_true(++requests < 1000);
    assert_true(requests > 0);
    print_message("%ld requests are enough\n", requests);
}

#ifndef GD_DEBUG
static void xor_stands_each_missing_block(void **state)
{
    (void)state;
    long blocks = 0, runs = 0;
    for (long more; (more = run_with(1000, blocks)) > 0; runs++)
        assert_true((blocks += more) < 2000);
    assert_true(runs > 50);
    print_message("%ld blocks are enough; fewer were missed in %ld places\n", blocks, runs);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xor_with_memory_runs),
        cmocka_unit_test(xor_stands_each_refused_request),
#ifndef GD_DEBUG /* a debug build asks for each block by itself: the requests are the blocks */
        cmocka_unit_test(xor_stands_each_missing_block),
#endif
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
