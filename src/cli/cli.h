/* cli.h - the parts of the gradus command. It uses the public headers alone, as any program would. */
#ifndef GRADUS_SRC_CLI_CLI_H
#define GRADUS_SRC_CLI_CLI_H

#include <gradus/gradus.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* ---- options: --name VALUE or --name=VALUE, anywhere among the operands ---- */

typedef enum option_kind { OPTION_TEXT, OPTION_CHARACTER, OPTION_COUNT, OPTION_NUMBER, OPTION_FLAG } option_kind;

typedef struct option {
    const char *name;
    option_kind kind;
    void *value; /* const char *, char, int64_t, double, bool; holds the default at first (NaN: no number is) */
    const char *help;
} option;

/* Takes the options out of the arguments, and leaves the operands in place: returns how many there are, or -1 after
 * saying what is wrong. The last option has no name. */
int parse_options(const char *command, int count, char **arguments, const option *options);

/* Where a command's usage goes: help that was asked for is output, else it is a complaint. */
FILE *help_stream(bool asked);

/* One line an option: name, what it does, default. */
void print_options(FILE *to, const option *options);

/* Says what the context's error is; returns EXIT_FAILED. */
int report_failure(const gd_context *g);

/* ---- the commands: what follows their name; they return the exit status ---- */

int run_train(int count, char **arguments);
int run_evaluate(int count, char **arguments);
int run_inspect(int count, char **arguments);
int run_ops(int count, char **arguments);
int run_check(int count, char **arguments);

/* ---- the optimizers that train knows ---- */

typedef struct optimizer_kind {
    const char *name;
    double lr; /* where none is given */
    gd_optimizer *(*make)(gd_layer *net, double lr);
} optimizer_kind;

/* "sgd", "adagrad", "rmsprop", "adam", "adamw"; NULL for another name. */
const optimizer_kind *optimizer_named(const char *name);

/* ---- data: four IDX files in a folder, or a table ---- */

typedef struct table_options {
    const char *target, *ignore; /* as gd_dataset_csv takes them; zeros for its defaults */
    char separator;
} table_options;

bool is_folder(const char *path);

/* The rows of a table. `classes`: the names of the classes, NULL for those of the table. */
gd_dataset *read_table(gd_context *g, const char *path, const table_options *options, const char *const *classes);

/* ---- the classifier that train makes and evaluate reads ---- */

/* in-hidden-classes: affine, ReLU, affine, weights 0.01 * randn and biases 0, as notebook 004 draws them. */
gd_layer *classifier(gd_context *g, int64_t in, int64_t hidden, int64_t classes);

/* The rows of a table that a classifier is trained on, and how they were read. */
typedef struct trained_table {
    gd_dataset *rows;
    gd_moments moments; /* that they were standardised with */
    table_options options;
} trained_table;

/* Writes the parameters and, with a table (NULL for none), what makes others of its kind fit: moments, columns,
 * classes. */
bool save_model(gd_layer *net, const trained_table *table, const char *path);

/* The classifier in such a file; and the rows of another table as those that it was trained on were read, NULL after
 * saying that its columns are others. */
gd_layer *load_classifier(gd_context *g, gd_archive *model);
gd_dataset *load_table(gd_context *g, gd_archive *model, const char *path, table_options options);

/* ---- checks of gradients ---- */

/* Where a bar may be drawn: the terminal that errors go to; NULL where it is none. */
FILE *progress_stream(void);

/* Prints it; returns 0 where all gradients are right, else EXIT_FAILED. */
int report_check(const gd_context *g, const gd_check *check);

/* What made the numbers in a file. */
typedef struct numbers_options {
    const char *net, *loss;
    const char *reduction; /* NULL: the loss's own */
    double l2;
} numbers_options;

/* Checks gradients that somebody computed elsewhere: a file with the input, the targets, the parameters and their
 * gradients. Returns the exit status. */
int check_numbers(gd_context *g, const char *path, const numbers_options *options);

/* The layers without weights and the losses that it knows, with commas between them. */
void print_layer_names(FILE *to);
void print_loss_names(FILE *to);

#endif
