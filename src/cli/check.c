/* check.c - gradus check: are these gradients right? Those of an operation, of a trained classifier, or those that somebody
 * computed elsewhere and saved (check_numbers.c). */
#include "cli.h"

#include <string.h>
#include <unistd.h>

typedef struct plan {
    const char *what, *data;
    table_options table;
    numbers_options numbers;
    int64_t batch, seed;
    bool all, every, help;
} plan;

FILE *progress_stream(void)
{
    return isatty(STDERR_FILENO) ? stderr : NULL;
}

int report_check(const gd_context *g, const gd_check *check)
{
    if (gd_failed(g))
        return report_failure(g);
    gd_print_check(check, stdout);
    return gd_check_verdict(check) == GD_CHECK_RIGHT ? 0 : EXIT_FAILED;
}

/* ---- operations ---- */

/* "A (3, 4), B (4, 5)" */
static void print_operands(const gd_check *check)
{
    for (int i = 0; i < gd_check_count(check); i++) {
        const gd_check_input *in = gd_check_at(check, i);
        printf("%s%s (", i > 0 ? ", " : "", in->name);
        for (int k = 0; k < in->shape.count; k++)
            printf(k > 0 ? ", %lld" : "%lld", (long long)in->shape.size[k]);
        printf(in->shape.count == 1 ? ",)" : ")");
    }
}

/* Checks the operation on each of its samples; with `brief` prints a line for each that is right. */
static int check_operation(gd_context *g, int op, bool brief)
{
    int status = 0;
    for (int sample = 0; sample < gd_gradcheck_samples(op); sample++) {
        GD_SCOPE(g);
        gd_check *check = gd_gradcheck_op(g, op, sample);
        if (gd_failed(g))
            return report_failure(g);
        if (brief) {
            printf("%-20s %-7s ", gd_op_at(op)->name, gd_verdict_name(gd_check_verdict(check)));
            print_operands(check);
            putchar('\n');
        } else if (sample > 0)
            putchar('\n');
        bool right = gd_check_verdict(check) == GD_CHECK_RIGHT;
        if (!brief || !right)
            gd_print_check(check, stdout);
        status = right ? status : EXIT_FAILED;
    }
    return status;
}

static int operation_named(const char *name)
{
    const gd_function_info *f = gd_function_named(name);
    if (!f)
        fprintf(stderr, "gradus check: there is no operation or file '%s'; gradus ops lists the operations\n", name);
    else if (f->op < 0)
        fprintf(stderr, "gradus check: %s is made of other operations, which are checked by themselves\n", name);
    else if (gd_gradcheck_samples(f->op) == 0)
        fprintf(stderr, "gradus check: %s has no derivative\n", name);
    else
        return f->op;
    return -1;
}

static int check_one(gd_context *g, const plan *p)
{
    int op = operation_named(p->what);
    return op < 0 ? EXIT_FAILED : check_operation(g, op, false);
}

/* Each has the numbers that it would have alone. */
static int check_all(gd_context *g, const plan *p)
{
    int status = 0, checked = 0, right = 0;
    for (int op = 0; op < gd_op_count(); op++) {
        if (gd_gradcheck_samples(op) == 0)
            continue;
        gd_seed(g, GD_RNG_PHILOX, (uint64_t)p->seed);
        int of_this = check_operation(g, op, true);
        if (gd_failed(g))
            return of_this;
        checked++;
        right += of_this == 0;
        status = of_this ? of_this : status;
    }
    printf("\n%d operations with a derivative: the gradients of %d are right\n", checked, right);
    return status;
}

/* ---- a classifier that gradus train wrote ---- */

typedef struct trained {
    gd_layer *net;
    gd_batch batch;
} trained;

static gd_tensor *loss_of(void *user, gd_tensor *const *in, size_t n)
{
    const trained *t = user;
    (void)in;
    (void)n;
    return gd_cross_entropy(gd_forward(t->net, t->batch.x), t->batch.t);
}

/* As many samples as a batch has, or all where there are fewer. */
static gd_batch first_batch(gd_dataset *data, int64_t size)
{
    int64_t count = gd_dataset_count(data);
    return gd_dataset_slice(data, 0, size < count ? size : count);
}

static gd_check *check_net(gd_context *g, trained *t, bool fast)
{
    gd_tensor *parameter[8];
    int count = 0;
    for (; count < gd_parameter_count(t->net) && count < 8; count++) {
        char name[64];
        gd_parameter_name(t->net, count, name, sizeof name);
        parameter[count] = gd_name(gd_parameter(t->net, count), name);
    }
    return gd_gradcheck(g, loss_of, gd_no_tensors, .user = t, .parameters = (gd_tensors){ count, parameter },
                        .fast = fast, .progress = progress_stream());
}

static int check_model(gd_context *g, const plan *p)
{
    gd_archive *model = gd_archive_read(g, p->what);
    gd_tensor *W2 = gd_archive_get(model, "2.W");
    if (!gd_failed(g))
        gd_set_default_dtype(g, gd_dtype_of(W2));
    trained t = { .net = load_classifier(g, model) };
    if (gd_failed(g))
        return report_failure(g);
    gd_dataset *data = is_folder(p->data) ? gd_mnist(g, p->data, false) : load_table(g, model, p->data, p->table);
    if (!data)
        return EXIT_FAILED;
    t.batch = first_batch(data, p->batch);
    return report_check(g, check_net(g, &t, !p->every));
}

/* ---- the command ---- */

static void print_usage(FILE *to, const option *options)
{
    fprintf(
        to,
        "usage: gradus check OPERATION\n"
        "       gradus check --all\n"
        "       gradus check NUMBERS.npz --net affine,sigmoid,affine,sigmoid --loss bce\n"
        "       gradus check MODEL.safetensors DATA\n\n"
        "Compares gradients with central differences, and says where they are wrong and why: those of an operation, "
        "or\n"
        "of all; those that you computed in Python and saved beside the numbers that they came from; those of a\n"
        "classifier that gradus train wrote, on the first rows of DATA. The exit status is 0 where all are right.\n\n"
        "A file of numbers, as np.savez(\"numbers.npz\", x=x, t=t, W1=W1, b1=b1, dW1=dW1, db1=db1, ...) writes it,\n"
        "holds the input x, the targets t (or y), and W1, b1, W2, b2, ... of the layers with weights, in their "
        "order;\n"
        "a gradient has a d before the name of what it belongs to, and W1_before is what W1 was a step earlier.\n"
        "dz1 (or delta1) is the gradient of what the first weights make, da1 that of the function behind them.\n"
        "Layers: affine (x W + b), linear (x W^T + b), and the functions\n");
    print_layer_names(to);
    fprintf(to, ".\nLosses: ");
    print_loss_names(to);
    fprintf(to, ".\n\n");
    print_options(to, options);
}

static int run_plan(gd_context *g, const plan *p)
{
    gd_seed(g, GD_RNG_PHILOX, (uint64_t)p->seed);
    if (p->all)
        return check_all(g, p);
    if (p->data)
        return check_model(g, p);
    if (p->numbers.net || p->numbers.loss)
        return check_numbers(g, p->what, &p->numbers);
    if (access(p->what, R_OK) != 0)
        return check_one(g, p);
    fprintf(stderr,
            "gradus check: '%s' is a file: --net and --loss say what made its numbers, or DATA must follow a model\n",
            p->what);
    return EXIT_USAGE;
}

int run_check(int count, char **arguments)
{
    plan p = { .batch = 8, .seed = 1 };
    const option options[] = {
        { "all", OPTION_FLAG, &p.all, "check every operation that has a derivative" },
        { "net", OPTION_TEXT, &p.numbers.net, "of numbers: the layers, with commas between them" },
        { "loss", OPTION_TEXT, &p.numbers.loss, "of numbers: the loss" },
        { "reduction", OPTION_TEXT, &p.numbers.reduction, "of numbers: mean or sum; that of the loss" },
        { "l2", OPTION_NUMBER, &p.numbers.l2, "of numbers: adds this / 2 times the sum of all W^2 to the loss" },
        { "batch", OPTION_COUNT, &p.batch, "of a model: how many rows or images" },
        { "every", OPTION_FLAG, &p.every, "of a model: compare entry by entry, not along random directions" },
        { "target", OPTION_TEXT, &p.table.target,
          "of a model: column of the classes in a table; that of the training" },
        { "ignore", OPTION_TEXT, &p.table.ignore, "of a model: columns to leave out; those of the training" },
        { "separator", OPTION_CHARACTER, &p.table.separator, "of a model: what parts the columns; a comma" },
        { "seed", OPTION_COUNT, &p.seed, "of an operation: seed of its operands" },
        { "help", OPTION_FLAG, &p.help, "this text" },
        { NULL, OPTION_FLAG, NULL, NULL },
    };
    int operands = parse_options("check", count, arguments, options);
    if (p.help || operands < 0 || operands > 2 || (operands == 0) != p.all) {
        print_usage(help_stream(p.help), options);
        return p.help ? 0 : EXIT_USAGE;
    }
    if (p.batch < 1 || p.seed < 0) {
        fprintf(stderr, "gradus check: --batch is at least 1, and --seed is not negative\n");
        return EXIT_USAGE;
    }
    p.what = arguments[0];
    p.data = operands > 1 ? arguments[1] : NULL;
    gd_context *g = gd_open();
    int status = run_plan(g, &p);
    gd_close(g);
    return status;
}
