/* test_replace.c - files are written whole or not at all. */
#include "support.h"

#include "gradus/io.h"
#include "io/replace.h"

#include <signal.h>
#include <sys/resource.h>

static void assert_content(const char *path, const char *text)
{
    size_t size;
    unsigned char *bytes = get_bytes(path, &size);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
    free(bytes);
}

static bool write_text(const gd__output *output, void *user)
{
    FILE *file = gd__output_open(output);
    if (!file)
        return false;
    fputs(user, file);
    return gd__output_close(output, file);
}

static bool give_up(const gd__output *output, void *user)
{
    return write_text(output, user) && gd__output_failed(output, "the test gave up");
}

static void makes_and_replaces(void **state)
{
    const char *path = in_folder("a.txt");
    int files = files_in_folder();
    (void)state;
    assert_true(gd__replace_file(g, path, write_text, "first"));
    assert_content(path, "first");
    assert_true(gd__replace_file(g, path, write_text, "the second"));
    assert_content(path, "the second");
    assert_int_equal(files_in_folder(), files + 1);
    assert_fine(g);
}

static void failure_leaves_the_file_and_no_other(void **state)
{
    const char *path = in_folder("b.txt");
    (void)state;
    put_bytes(path, "before", 6);
    int files = files_in_folder();
    assert_false(gd__replace_file(g, path, give_up, "half"));
    assert_error(g, GD_ERROR_FILE, "b.txt' can't be written: the test gave up");
    assert_content(path, "before");
    assert_int_equal(files_in_folder(), files);
}

static mode_t mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 0777;
}

static void keeps_permissions(void **state)
{
    const char *path = in_folder("c.txt");
    mode_t mask = umask(027);
    (void)state;
    assert_true(gd__replace_file(g, path, write_text, "x"));
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(chmod(path, 0604), 0);
    assert_true(gd__replace_file(g, path, write_text, "y"));
    assert_int_equal(mode_of(path), 0604);
    umask(mask);
}

static void read_only_files_do_not_give_way(void **state)
{
    const char *path = in_folder("d.txt");
    (void)state;
    if (geteuid() == 0) {
        print_message("SKIP root may write read-only files\n");
        skip();
    }
    put_bytes(path, "before", 6);
    assert_int_equal(chmod(path, 0444), 0);
    assert_false(gd__replace_file(g, path, write_text, "after"));
    assert_error(g, GD_ERROR_FILE, "permission denied");
    assert_content(path, "before");
}

static void only_files_give_way(void **state)
{
    const char *path = in_folder("inner");
    (void)state;
    assert_int_equal(mkdir(path, 0777), 0);
    int files = files_in_folder();
    assert_false(gd__replace_file(g, path, write_text, "x"));
    assert_error(g, GD_ERROR_FILE, "it is a folder");
    assert_int_equal(files_in_folder(), files);
    assert_false(gd__replace_file(g, "/dev/null", write_text, "x"));
    assert_error(g, GD_ERROR_FILE, "it is a device or pipe");
    assert_int_equal(rmdir(path), 0);
}

static void folders_must_be_there(void **state)
{
    (void)state;
    assert_false(gd__replace_file(g, in_folder("no/such/x.npy"), write_text, "x"));
    assert_error(g, GD_ERROR_FILE, "there is no such file or folder");
    assert_false(gd__replace_file(g, "", write_text, "x"));
    gd_clear(g);
    put_bytes(in_folder("e.txt"), "x", 1);
    assert_false(gd__replace_file(g, in_folder("e.txt/x.npy"), write_text, "x"));
    assert_error(g, GD_ERROR_FILE, "a part of the path is no folder");
}

static void works_in_the_current_folder(void **state)
{
    char old[PATH_ROOM];
    (void)state;
    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(folder), 0);
    bool good = gd__replace_file(g, "f.txt", write_text, "here");
    assert_int_equal(chdir(old), 0);
    assert_true(good);
    assert_content(in_folder("f.txt"), "here");
}

/* The temporary names that this process would take first are taken. */
static void stale_temporaries_are_left_alone(void **state)
{
    char name[64];
    (void)state;
    snprintf(name, sizeof name, ".gradus-%ld-0.tmp", (long)getpid());
    put_bytes(in_folder(name), "stale", 5);
    assert_true(gd__replace_file(g, in_folder("g.txt"), write_text, "new"));
    assert_content(in_folder("g.txt"), "new");
    assert_content(in_folder(name), "stale");
    assert_int_equal(remove(in_folder(name)), 0);
}

/* With a limit on the size of files the disk is "full" after so many bytes. */
static bool write_on_full_disk(gd_archive *a, const char *path)
{
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4096;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool good = a ? gd_archive_write(a, path) : gd_npy_write(gd_zeros(g, GD_FLOAT32, gd_shape(10000)), path);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    return good;
}

static void full_disks_leave_the_old_file(void **state)
{
    const char *paths[] = { in_folder("full.npz"), in_folder("full.safetensors"), in_folder("full.npy") };
    (void)state;
    for (int i = 0; i < 3; i++)
        put_bytes(paths[i], "before", 6);
    int files = files_in_folder();
    gd_archive *a = gd_archive_new(g);
    gd_archive_add(a, "zeros", gd_zeros(g, GD_FLOAT32, gd_shape(10000)));
    for (int i = 0; i < 3; i++) {
        assert_false(write_on_full_disk(i < 2 ? a : NULL, paths[i]));
        assert_error(g, GD_ERROR_FILE, "can't be written: the file would be too large");
        assert_content(paths[i], "before");
        assert_int_equal(files_in_folder(), files);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_and_replaces, open_context, close_context),
        cmocka_unit_test_setup_teardown(failure_leaves_the_file_and_no_other, open_context, close_context),
        cmocka_unit_test_setup_teardown(keeps_permissions, open_context, close_context),
        cmocka_unit_test_setup_teardown(read_only_files_do_not_give_way, open_context, close_context),
        cmocka_unit_test_setup_teardown(only_files_give_way, open_context, close_context),
        cmocka_unit_test_setup_teardown(folders_must_be_there, open_context, close_context),
        cmocka_unit_test_setup_teardown(works_in_the_current_folder, open_context, close_context),
        cmocka_unit_test_setup_teardown(stale_temporaries_are_left_alone, open_context, close_context),
        cmocka_unit_test_setup_teardown(full_disks_leave_the_old_file, open_context, close_context),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
