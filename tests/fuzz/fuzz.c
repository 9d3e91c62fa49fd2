/* fuzz.c - random programs against a slow reference: how many, from which seed, for how long.
 *
 *     fuzz [--seed N] [--seconds S] [--programs N] [--functions] [--verbose]
 *
 * Without options it runs for ten seconds. The same seed makes the same programs, whatever the time. */
#include "fuzz/parts/drive.h"

#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    fputs("usage: fuzz [--seed N] [--seconds S] [--programs N] [--functions] [--verbose]\n", stderr);
    return 2;
}

static void print_functions(const tally *t)
{
    for (int i = 0; i < gd_function_count(); i++)
        printf("%-24s %10lld results %10lld errors\n", gd_function_at(i)->name, (long long)t->by_function[i][0],
               (long long)t->by_function[i][1]);
}

int main(int count, char **words)
{
    drive_options o = { .seed = 1, .seconds = 10 };
    bool functions = false;
    tally *t = calloc(1, sizeof *t);
    for (int i = 1; i < count; i++) {
        const char *given = i + 1 < count ? words[i + 1] : NULL;
        bool takes = strcmp(words[i], "--verbose") != 0 && strcmp(words[i], "--functions") != 0;
        if (takes && !given)
            return usage();
        if (strcmp(words[i], "--seed") == 0)
            o.seed = strtoull(given, NULL, 10);
        else if (strcmp(words[i], "--seconds") == 0)
            o.seconds = strtod(given, NULL);
        else if (strcmp(words[i], "--programs") == 0)
            o.programs = strtoll(given, NULL, 10), o.seconds = 0;
        else if (strcmp(words[i], "--verbose") == 0)
            o.verbose = true;
        else if (strcmp(words[i], "--functions") == 0)
            functions = true;
        else
            return usage();
        i += takes;
    }
    if (!t || !reference_is_complete(stderr))
        return 1;
    bool good = drive(o, t, stdout);
    print_tally(t, stdout, "");
    if (functions)
        print_functions(t);
    free(t);
    return !good;
}
