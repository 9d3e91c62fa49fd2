/* train.c - gradus train DATA: notebook 004's network on images in IDX files, or on the rows of a table. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct plan {
    const char *data, *output, *dtype, *optimizer;
    bool is_table;
    table_options table;
    int64_t hidden, steps, batch, seed;
    double lr; /* NaN: the optimizer's */
    double test;
    bool help;
} plan;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    interrupted = number;
}

static bool go_on(void *user, const gd_progress *progress)
{
    (void)user;
    (void)progress;
    return !interrupted;
}

/* Makes the folder and those it lies in. */
static bool make_folder(const char *path)
{
    char part[4096];
    size_t length = strlen(path);
    errno = length == 0 ? ENOENT : ENAMETOOLONG;
    if (length == 0 || length >= sizeof part)
        return false;
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
    }
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ---- data ---- */

typedef struct sets {
    gd_dataset *train, *test;
    gd_moments moments; /* of a table */
} sets;

static sets read_images(gd_context *g, const char *folder)
{
    gd_parts images = gd_mnist_parts(g, folder);
    return (sets){ .train = images.train, .test = images.test };
}

/* The rows in two parts, both standardised as the first. */
static sets split_table(gd_context *g, const plan *p)
{
    gd_dataset *rows = read_table(g, p->data, &p->table, NULL);
    gd_parts part = gd_dataset_split(rows, .fraction = 1 - p->test, .stratify = true);
    gd_moments moments = gd_dataset_moments(part.train);
    return (sets){ gd_dataset_standardize(part.train, moments), gd_dataset_standardize(part.test, moments), moments };
}

/* A class of few rows may be in one part alone. */
static int64_t classes_of(const sets *data)
{
    int64_t of_train = gd_dataset_classes(data->train), of_test = gd_dataset_classes(data->test);
    return of_train > of_test ? of_train : of_test;
}

/* ---- what a person is told ---- */

static const char *samples_of(const plan *p)
{
    return p->is_table ? "rows" : "images";
}

static void introduce(const plan *p, const sets *data, int64_t in, int64_t classes)
{
    printf("Gradus %s: %lld-%lld-%lld (ReLU, softmax, cross-entropy) on %s\n", gd_version(), (long long)in,
           (long long)p->hidden, (long long)classes, p->data);
    printf("%lld training and %lld test %s; %lld steps, batches of %lld with replacement, %s, learning rate %g\n",
           (long long)gd_dataset_count(data->train), (long long)gd_dataset_count(data->test), samples_of(p),
           (long long)p->steps, (long long)p->batch, p->optimizer, p->lr);
    printf("weights 0.01 * randn, %s, seed %lld of NumPy's generator\n", p->dtype, (long long)p->seed);
    fflush(stdout);
}

typedef struct outputs {
    char model[4096], csv[4096], svg[4096];
} outputs;

static outputs outputs_in(const char *folder)
{
    outputs files;
    snprintf(files.model, sizeof files.model, "%s/model.safetensors", folder);
    snprintf(files.csv, sizeof files.csv, "%s/history.csv", folder);
    snprintf(files.svg, sizeof files.svg, "%s/history.svg", folder);
    return files;
}

/* Accuracy, time and files: what a person wants to know at the end. Without test rows there is no accuracy of
 * them. */
static void summarise(const plan *p, const gd_history *history, gd_evaluation last, const outputs *files)
{
    printf("%s after %lld steps in %.1f s: %.2f %% of the training %s", interrupted ? "Interrupted" : "Done",
           (long long)gd_history_steps(history), gd_history_seconds(history), 100 * last.train_accuracy,
           samples_of(p));
    if (last.test_accuracy == last.test_accuracy)
        printf(" and %.2f %% of the test %s", 100 * last.test_accuracy, samples_of(p));
    printf(" are right\n  model    %s\n  history  %s\n  picture  %s\n", files->model, files->csv, files->svg);
}

/* ---- training ---- */

typedef struct result {
    gd_layer *net;
    gd_history *history;
    sets data;
} result;

/* Of the network as it is saved; after an interrupt that is not what was last evaluated. */
static gd_evaluation final_accuracy(const result *r)
{
    gd_evaluation last = gd_history_evaluation(r->history, gd_history_evaluations(r->history) - 1);
    if (last.step != gd_history_steps(r->history) - 1) {
        last.train_accuracy = gd_accuracy(r->net, r->data.train);
        last.test_accuracy = gd_accuracy(r->net, r->data.test);
    }
    return last;
}

static int save(gd_context *g, const plan *p, const result *r)
{
    outputs files = outputs_in(p->output);
    if (gd_failed(g)) { /* the losses that led to the error are worth keeping */
        report_failure(g);
        gd_clear(g);
        if (gd_history_save(r->history, files.csv) && gd_history_plot(r->history, files.svg))
            fprintf(stderr, "  history  %s\n  picture  %s\n", files.csv, files.svg);
        return EXIT_FAILED;
    }
    gd_evaluation last = final_accuracy(r);
    trained_table table = { r->data.train, r->data.moments, p->table };
    if (!save_model(r->net, p->is_table ? &table : NULL, files.model) || !gd_history_save(r->history, files.csv) ||
        !gd_history_plot(r->history, files.svg))
        return report_failure(g);
    summarise(p, r->history, last, &files);
    return 0;
}

static bool open_output(const plan *p)
{
    if (make_folder(p->output))
        return true;
    fprintf(stderr, "gradus train: the folder '%s' can't be made: %s\n", p->output, strerror(errno));
    return false;
}

/* Once an epoch, where that is not too often to be read. */
static int64_t steps_between(const plan *p, int64_t samples)
{
    int64_t epoch = samples / p->batch, twentieth = p->steps / 20;
    int64_t between = epoch > twentieth ? epoch : twentieth;
    return between > 0 ? between : 1;
}

static int train(gd_context *g, const plan *p)
{
    gd_seed(g, GD_RNG_NUMPY, (uint64_t)p->seed);
    sets data = p->is_table ? split_table(g, p) : read_images(g, p->data);
    int64_t in = gd_dataset_features(data.train), classes = classes_of(&data);
    if (gd_failed(g))
        return report_failure(g);
    if (!open_output(p))
        return EXIT_FAILED;
    introduce(p, &data, in, classes);
    gd_layer *net = classifier(g, in, p->hidden, classes);
    gd_loader *batches = gd_batches(data.train, .size = p->batch, .replacement = true);
    gd_history *history =
        gd_fit(net, .optimizer = optimizer_named(p->optimizer)->make(net, p->lr), .batches = batches,
               .loss = gd_cross_entropy, .steps = p->steps, .train = data.train, .test = data.test,
               .evaluate_every = steps_between(p, gd_dataset_count(data.train)), .progress = stdout, .watch = go_on);
    return save(g, p, &(result){ net, history, data });
}

static gd_dtype dtype_named(const char *name)
{
    return strcmp(name, "float32") == 0 ? GD_FLOAT32 : strcmp(name, "float64") == 0 ? GD_FLOAT64 : GD_DEFAULT;
}

/* Says what is wrong with it; else fills in the learning rate where none was given. */
static bool complete(plan *p)
{
    const optimizer_kind *optimizer = optimizer_named(p->optimizer);
    const char *wrong = NULL;
    if (dtype_named(p->dtype) == GD_DEFAULT || p->seed < 0)
        wrong = "--dtype is float32 or float64, and --seed is not negative";
    else if (!optimizer)
        wrong = "--optimizer is sgd, adagrad, rmsprop, adam or adamw";
    else if (p->hidden < 1 || p->steps < 1 || p->batch < 1 || p->lr < 0)
        wrong = "--hidden, --steps and --batch are at least 1, and --lr is not negative";
    else if (!(p->test >= 0 && p->test < 1))
        wrong = "--test is at least 0 and less than 1";
    else if (isnan(p->lr))
        p->lr = optimizer->lr;
    if (wrong)
        fprintf(stderr, "gradus train: %s\n", wrong);
    return !wrong;
}

int run_train(int count, char **arguments)
{
    plan p = { .dtype = "float32",
               .optimizer = "sgd",
               .hidden = 50,
               .steps = 10000,
               .batch = 100,
               .seed = 42,
               .lr = NAN,
               .test = 0.25 };
    const option options[] = {
        { "output", OPTION_TEXT, &p.output,
          "folder for the model, the history and its picture (mnist-model or table-model)" },
        { "hidden", OPTION_COUNT, &p.hidden, "width of the hidden layer" },
        { "steps", OPTION_COUNT, &p.steps, "steps of the optimizer" },
        { "batch", OPTION_COUNT, &p.batch, "images or rows a step, drawn with replacement" },
        { "optimizer", OPTION_TEXT, &p.optimizer, "sgd, adagrad, rmsprop, adam or adamw" },
        { "lr", OPTION_NUMBER, &p.lr, "learning rate: 0.1 for sgd, 0.01 for adagrad, else 0.001" },
        { "seed", OPTION_COUNT, &p.seed, "seed of the weights and the batches" },
        { "dtype", OPTION_TEXT, &p.dtype, "float32 or float64" },
        { "target", OPTION_TEXT, &p.table.target, "of a table: column of the classes, its name or number; the last" },
        { "ignore", OPTION_TEXT, &p.table.ignore, "of a table: columns to leave out, with commas between them" },
        { "separator", OPTION_CHARACTER, &p.table.separator, "of a table: what parts the columns; a comma" },
        { "test", OPTION_NUMBER, &p.test, "of a table: the share of the rows that are kept to test with" },
        { "help", OPTION_FLAG, &p.help, "this text" },
        { NULL, OPTION_FLAG, NULL, NULL },
    };
    int operands = parse_options("train", count, arguments, options);
    if (p.help || operands != 1) {
        FILE *to = help_stream(p.help);
        fprintf(
            to,
            "usage: gradus train DATA [options]\n\nTrains a classifier on DATA: a folder with the four IDX files "
            "of MNIST or of a data set in its form,\nor a table, a .csv or .csv.gz file of numbers with a column of "
            "classes.\n\n");
        print_options(to, options);
        return p.help ? 0 : EXIT_USAGE;
    }
    p.data = arguments[0];
    p.is_table = !is_folder(p.data);
    p.output = p.output ? p.output : p.is_table ? "table-model" : "mnist-model";
    if (!complete(&p))
        return EXIT_USAGE;
    sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_interrupt }, NULL);
    gd_context *g = gd_open();
    gd_set_default_dtype(g, dtype_named(p.dtype));
    int status = train(g, &p);
    gd_close(g);
    return status;
}
