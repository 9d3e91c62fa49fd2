/* train.c - gradus train FOLDER: notebook 004's network on images in IDX files. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct plan {
    const char *folder, *output, *dtype, *optimizer;
    int64_t hidden, steps, batch, seed;
    double lr; /* NaN: the optimizer's */
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

static int64_t features_of(const gd_dataset *ds)
{
    gd_tensor *x = gd_dataset_x(ds);
    return gd_size(x, 0) > 0 ? gd_numel(x) / gd_size(x, 0) : 0;
}

static int64_t classes_of(const gd_dataset *ds)
{
    gd_tensor *t = gd_dataset_t(ds);
    const uint8_t *label = gd_dtype_of(t) == GD_UINT8 ? gd_data(t) : NULL;
    int64_t most = 0;
    for (int64_t i = 0; label && i < gd_numel(t); i++)
        most = label[i] > most ? label[i] : most;
    return most + 1;
}

static void introduce(const plan *p, const gd_dataset *train, const gd_dataset *test, int64_t in, int64_t classes)
{
    printf("Gradus %s: %lld-%lld-%lld (ReLU, softmax, cross-entropy) on %s\n", gd_version(), (long long)in,
           (long long)p->hidden, (long long)classes, p->folder);
    printf("%lld training and %lld test images; %lld steps, batches of %lld with replacement, %s, learning rate %g\n",
           (long long)gd_dataset_count(train), (long long)gd_dataset_count(test), (long long)p->steps,
           (long long)p->batch, p->optimizer, p->lr);
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

/* Accuracy, time and files: what a person wants to know at the end. */
static void summarise(const gd_history *history, gd_evaluation last, const outputs *files)
{
    printf("%s after %lld steps in %.1f s: %.2f %% of the training images and %.2f %% of the test images are right\n",
           interrupted ? "Interrupted" : "Done", (long long)gd_history_steps(history), gd_history_seconds(history),
           100 * last.train_accuracy, 100 * last.test_accuracy);
    printf("  model    %s\n  history  %s\n  picture  %s\n", files->model, files->csv, files->svg);
}

typedef struct result {
    gd_layer *net;
    gd_history *history;
    gd_dataset *train, *test;
} result;

/* Of the network as it is saved; after an interrupt that is not what was last evaluated. */
static gd_evaluation final_accuracy(const result *r)
{
    gd_evaluation last = gd_history_evaluation(r->history, gd_history_evaluations(r->history) - 1);
    if (last.step != gd_history_steps(r->history) - 1) {
        last.train_accuracy = gd_accuracy(r->net, r->train);
        last.test_accuracy = gd_accuracy(r->net, r->test);
    }
    return last;
}

static int save(gd_context *g, const result *r, const char *output)
{
    outputs files = outputs_in(output);
    if (gd_failed(g)) { /* the losses that led to the error are worth keeping */
        report_failure(g);
        gd_clear(g);
        if (gd_history_save(r->history, files.csv) && gd_history_plot(r->history, files.svg))
            fprintf(stderr, "  history  %s\n  picture  %s\n", files.csv, files.svg);
        return EXIT_FAILED;
    }
    gd_evaluation last = final_accuracy(r);
    if (!gd_save(r->net, files.model) || !gd_history_save(r->history, files.csv) ||
        !gd_history_plot(r->history, files.svg))
        return report_failure(g);
    summarise(r->history, last, &files);
    return 0;
}

static bool open_output(const plan *p)
{
    if (make_folder(p->output))
        return true;
    fprintf(stderr, "gradus train: the folder '%s' can't be made: %s\n", p->output, strerror(errno));
    return false;
}

static int train(gd_context *g, const plan *p)
{
    gd_dataset *train_set = gd_mnist(g, p->folder, true), *test_set = gd_mnist(g, p->folder, false);
    if (gd_failed(g))
        return report_failure(g);
    if (!open_output(p))
        return EXIT_FAILED;
    int64_t in = features_of(train_set), classes = classes_of(train_set);
    introduce(p, train_set, test_set, in, classes);
    gd_seed(g, GD_RNG_NUMPY, (uint64_t)p->seed);
    gd_layer *net = classifier(g, in, p->hidden, classes);
    gd_loader *batches = gd_batches(train_set, .size = p->batch, .replacement = true);
    int64_t epoch = gd_dataset_count(train_set) / (p->batch);
    gd_history *history =
        gd_fit(net, .optimizer = optimizer_named(p->optimizer)->make(net, p->lr), .batches = batches,
               .loss = gd_cross_entropy, .steps = p->steps, .train = train_set, .test = test_set,
               .evaluate_every = epoch > 0 ? epoch : 1, .progress = stdout, .watch = go_on);
    return save(g, &(result){ net, history, train_set, test_set }, p->output);
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
    else if (isnan(p->lr))
        p->lr = optimizer->lr;
    if (wrong)
        fprintf(stderr, "gradus train: %s\n", wrong);
    return !wrong;
}

int run_train(int count, char **arguments)
{
    plan p = { .output = "mnist-model",
               .dtype = "float32",
               .optimizer = "sgd",
               .hidden = 50,
               .steps = 10000,
               .batch = 100,
               .seed = 42,
               .lr = NAN };
    const option options[] = {
        { "output", OPTION_TEXT, &p.output, "folder for the model, the history and its picture" },
        { "hidden", OPTION_COUNT, &p.hidden, "width of the hidden layer" },
        { "steps", OPTION_COUNT, &p.steps, "steps of the optimizer" },
        { "batch", OPTION_COUNT, &p.batch, "images a step, drawn with replacement" },
        { "optimizer", OPTION_TEXT, &p.optimizer, "sgd, adagrad, rmsprop, adam or adamw" },
        { "lr", OPTION_NUMBER, &p.lr, "learning rate: 0.1 for sgd, 0.01 for adagrad, else 0.001" },
        { "seed", OPTION_COUNT, &p.seed, "seed of the weights and the batches" },
        { "dtype", OPTION_TEXT, &p.dtype, "float32 or float64" },
        { "help", OPTION_FLAG, &p.help, "this text" },
        { NULL, OPTION_FLAG, NULL, NULL },
    };
    int operands = parse_options("train", count, arguments, options);
    if (p.help || operands != 1) {
        FILE *to = help_stream(p.help);
        fprintf(to, "usage: gradus train FOLDER [options]\n\nTrains a classifier on the four IDX files of MNIST, or "
                    "of a data "
                    "set in its form, in FOLDER.\n\n");
        print_options(to, options);
        return p.help ? 0 : EXIT_USAGE;
    }
    p.folder = arguments[0];
    if (!complete(&p))
        return EXIT_USAGE;
    sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_interrupt }, NULL);
    gd_context *g = gd_open();
    gd_set_default_dtype(g, dtype_named(p.dtype));
    int status = train(g, &p);
    gd_close(g);
    return status;
}
