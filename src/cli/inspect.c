/* inspect.c - gradus inspect FILE: which tensors a file holds. */
#include "cli.h"

static void print_tensor(const char *name, gd_tensor *t)
{
    gd_dims shape = gd_sizes(t);
    printf("%-24s %-8s (", name, gd_dtype_name(gd_dtype_of(t)));
    for (int i = 0; i < shape.count; i++)
        printf("%s%lld", i ? ", " : "", (long long)shape.size[i]);
    printf(shape.count == 1 ? ",)\n" : ")\n");
}

static int inspect(gd_context *g, const char *path, bool values)
{
    gd_archive *archive = gd_archive_read(g, path);
    for (int i = 0; i < gd_archive_count(archive); i++) {
        gd_tensor *t = gd_archive_tensor(archive, i);
        print_tensor(gd_archive_name(archive, i), t);
        if (values)
            gd_print(t, stdout);
    }
    return gd_failed(g) ? report_failure(g) : 0;
}

int run_inspect(int count, char **arguments)
{
    bool help = false, values = false;
    const option options[] = { { "values", OPTION_FLAG, &values, "print the numbers too" },
                               { "help", OPTION_FLAG, &help, "this text" },
                               { NULL, OPTION_FLAG, NULL, NULL } };
    int operands = parse_options("inspect", count, arguments, options);
    if (help || operands != 1) {
        FILE *to = help_stream(help);
        fprintf(to,
                "usage: gradus inspect FILE [options]\n\nLists name, dtype and shape of each tensor in an .npz or "
                ".safetensors file.\n\n");
        print_options(to, options);
        return help ? 0 : EXIT_USAGE;
    }
    gd_context *g = gd_open();
    int status = inspect(g, arguments[0], values);
    gd_close(g);
    return status;
}
