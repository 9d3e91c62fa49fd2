/* evaluate.c - gradus evaluate MODEL DATA: how good the classifier is that gradus train wrote. */
#include "cli.h"

typedef struct plan {
    const char *model, *data;
    table_options table;
    bool report, help;
} plan;

static void print_report(gd_context *g, gd_layer *net, gd_dataset *dataset, int64_t classes)
{
    GD_SCOPE(g);
    gd_tensor *confusion = gd_confusion(gd_predict(net, dataset), gd_dataset_t(dataset), classes);
    if (gd_failed(g))
        return;
    const char *const *names = gd_dataset_class_names(dataset);
    putchar('\n');
    gd_print_confusion(confusion, names, stdout);
    putchar('\n');
    gd_print_report(confusion, names, stdout);
}

static gd_dataset *evaluate_images(gd_context *g, gd_layer *net, const char *folder)
{
    gd_parts images = gd_mnist_parts(g, folder);
    double train_accuracy = gd_accuracy(net, images.train), test_accuracy = gd_accuracy(net, images.test);
    if (!gd_failed(g))
        printf("train %.4f  test %.4f\n", train_accuracy, test_accuracy);
    return images.test;
}

static gd_dataset *evaluate_table(gd_context *g, gd_layer *net, gd_archive *model, const plan *p)
{
    gd_dataset *rows = load_table(g, model, p->data, p->table);
    double accuracy = rows ? gd_accuracy(net, rows) : 0;
    if (rows && !gd_failed(g))
        printf("%.4f of %lld rows are right\n", accuracy, (long long)gd_dataset_count(rows));
    return rows;
}

/* Numbers are converted to the dtype that the model was trained in. */
static int evaluate(gd_context *g, const plan *p)
{
    gd_archive *model = gd_archive_read(g, p->model);
    gd_tensor *W2 = gd_archive_get(model, "2.W");
    if (!gd_failed(g))
        gd_set_default_dtype(g, gd_dtype_of(W2));
    gd_layer *net = load_classifier(g, model);
    if (gd_failed(g))
        return report_failure(g);
    gd_dataset *dataset = is_folder(p->data) ? evaluate_images(g, net, p->data) : evaluate_table(g, net, model, p);
    if (!dataset)
        return EXIT_FAILED;
    if (p->report && !gd_failed(g))
        print_report(g, net, dataset, gd_size(W2, 1));
    return gd_failed(g) ? report_failure(g) : 0;
}

int run_evaluate(int count, char **arguments)
{
    plan p = { .report = false };
    const option options[] = {
        { "report", OPTION_FLAG, &p.report,
          "print the confusion matrix, and precision, recall and F1 of each class" },
        { "target", OPTION_TEXT, &p.table.target, "column of the classes in a table; that of the training" },
        { "ignore", OPTION_TEXT, &p.table.ignore, "columns to leave out; those of the training" },
        { "separator", OPTION_CHARACTER, &p.table.separator, "what parts the columns; a comma" },
        { "help", OPTION_FLAG, &p.help, "this text" },
        { NULL, OPTION_FLAG, NULL, NULL },
    };
    int operands = parse_options("evaluate", count, arguments, options);
    if (p.help || operands != 2) {
        FILE *to = help_stream(p.help);
        fprintf(to,
                "usage: gradus evaluate MODEL DATA [options]\n\nPrints which share of DATA, a table or a folder of "
                "images as gradus train takes it, the classifier\nin MODEL, a file that gradus train wrote, gets "
                "right. With images, --report is about those to test with.\n\n");
        print_options(to, options);
        return p.help ? 0 : EXIT_USAGE;
    }
    p.model = arguments[0];
    p.data = arguments[1];
    gd_context *g = gd_open();
    int status = evaluate(g, &p);
    gd_close(g);
    return status;
}
