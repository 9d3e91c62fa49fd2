/* data.c - a table as the command's data. */
#include "cli.h"

#include <sys/stat.h>

bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

gd_dataset *read_table(gd_context *g, const char *path, const table_options *options, const char *const *classes)
{
    return gd_dataset_csv(g, path, .target = options->target, .ignore = options->ignore,
                          .separator = options->separator, .classes = classes);
}
