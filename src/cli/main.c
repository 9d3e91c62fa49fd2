/* main.c - gradus COMMAND ... */
#include "cli.h"

#include <string.h>

static const struct {
    const char *name, *help;
    int (*run)(int count, char **arguments);
} commands[] = {
    { "train", "train a classifier on images in IDX files (MNIST) or on a table (.csv)", run_train },
    { "evaluate", "measure the accuracy of a trained classifier", run_evaluate },
    { "inspect", "list the tensors of an .npz or .safetensors file", run_inspect },
    { "check", "check gradients, and say what is wrong with them", run_check },
    { "ops", "list the operations with their formulas and derivatives", run_ops },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int usage(FILE *to, int status)
{
    fprintf(to,
            "gradus %s: train neural networks and look into them\n\n"
            "usage: gradus COMMAND ...\n\n",
            gd_version());
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    fprintf(to, "  %-10s %s\n\nEach command says more with --help.\n", "version", "print the version");
    return status;
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

/* Output that could not be written is a failure. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "gradus: the output could not be written\n");
    return status ? status : EXIT_FAILED;
}

int main(int count, char **arguments)
{
    if (count < 2)
        return usage(stderr, EXIT_USAGE);
    if (is_one_of(arguments[1], "--help", "help"))
        return usage(stdout, 0);
    if (is_one_of(arguments[1], "--version", "version")) {
        printf("gradus %s\n", gd_version());
        return 0;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(arguments[1], commands[i].name) == 0)
            return finish(commands[i].run(count - 2, arguments + 2));
    fprintf(stderr, "gradus: there is no command '%s'\n\n", arguments[1]);
    return usage(stderr, EXIT_USAGE);
}
