/* evaluate.c - gradus evaluate MODEL FOLDER: the accuracy of what gradus train wrote. */
#include "cli.h"

static int evaluate(gd_context *g, const char *model, const char *folder)
{
    gd_archive *archive = gd_archive_read(g, model);
    gd_tensor *W1 = gd_archive_get(archive, "0.W"), *W2 = gd_archive_get(archive, "2.W");
    gd_layer *net = classifier(g, gd_size(W1, 0), gd_size(W1, 1), gd_size(W2, 1));
    gd_load(net, model);
    gd_dataset *train = gd_mnist(g, folder, true), *test = gd_mnist(g, folder, false);
    double train_accuracy = gd_accuracy(net, train), test_accuracy = gd_accuracy(net, test);
    if (gd_failed(g))
        return report_failure(g);
    printf("train %.4f  test %.4f\n", train_accuracy, test_accuracy);
    return 0;
}

int run_evaluate(int count, char **arguments)
{
    bool help = false;
    const option options[] = { { "help", OPTION_FLAG, &help, "this text" }, { NULL, OPTION_FLAG, NULL, NULL } };
    int operands = parse_options("evaluate", count, arguments, options);
    if (help || operands != 2) {
        FILE *to = help_stream(help);
        fprintf(
            to,
            "usage: gradus evaluate MODEL FOLDER\n\nPrints which share of the training and test images in FOLDER the "
            "classifier in MODEL,\na file that gradus train wrote, gets right.\n");
        return help ? 0 : EXIT_USAGE;
    }
    gd_context *g = gd_open();
    int status = evaluate(g, arguments[0], arguments[1]);
    gd_close(g);
    return status;
}
