/* ops.c - gradus ops [NAME]: what the operations say of themselves. */
#include "cli.h"

#include <string.h>

/* Words in lines of at most 80 columns, indented by two. */
static void print_wrapped(const char *first, const char *text)
{
    size_t column = (size_t)printf("  %s", first);
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column + 1 + length > 80)
            column = (size_t)printf("\n ") - 1;
        column += (size_t)printf(" %.*s", (int)length, text);
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

static void print_op(const gd_op_info *op)
{
    printf("  %s\n", op->formula);
    for (int i = 0; i < GD_MAX_OPERANDS; i++)
        if (op->derivative[i])
            printf("  %s\n", op->derivative[i]);
    if (!op->derivative[0] && !op->derivative[1] && !op->is_update)
        printf("  no derivative\n");
    if (op->why)
        print_wrapped("why:", op->why);
}

static void print_function(const gd_function_info *f)
{
    static const char *const kinds[] = { [GD_COMPUTED] = "",
                                         [GD_VIEWED] = "  [a view]",
                                         [GD_UPDATED] = "  [writes in place]",
                                         [GD_COMPOSED] = "  [made of the others]" };
    printf("%s(%s)%s\n", f->name, f->parameters, kinds[f->kind]);
    if (f->op >= 0)
        print_op(gd_op_at(f->op));
}

static void print_fact(const char *name, const char *fact, const char *text)
{
    if (text)
        printf("%s\t%s\t%s\n", name, fact, text);
}

/* For scripts: one line a fact. */
static void print_facts(const gd_function_info *f)
{
    static const char *const kinds[] = { "computed", "view", "update", "composed" };
    print_fact(f->name, "kind", kinds[f->kind]);
    print_fact(f->name, "parameters", f->parameters);
    if (f->op < 0)
        return;
    const gd_op_info *op = gd_op_at(f->op);
    print_fact(f->name, "formula", op->formula);
    print_fact(f->name, "latex", op->latex);
    for (int i = 0; i < GD_MAX_OPERANDS; i++) {
        print_fact(f->name, "derivative", op->derivative[i]);
        print_fact(f->name, "latex_derivative", op->latex_derivative[i]);
    }
    print_fact(f->name, "why", op->why);
    print_fact(f->name, "shapes", gd_op_shapes(f->op));
    print_fact(f->name, "dtypes", gd_op_dtypes(f->op));
}

int run_ops(int count, char **arguments)
{
    bool help = false, facts = false, found = false;
    const option options[] = { { "facts", OPTION_FLAG, &facts,
                                 "for scripts: one line a fact (name, fact, text; tabs between)" },
                               { "help", OPTION_FLAG, &help, "this text" },
                               { NULL, OPTION_FLAG, NULL, NULL } };
    int operands = parse_options("ops", count, arguments, options);
    if (help || operands < 0 || operands > 1) {
        FILE *to = help_stream(help);
        fprintf(to, "usage: gradus ops [options] [NAME]\n\nPrints each operation, or the one of that name, with its "
                    "formula and its "
                    "derivatives:\ndx stands for the gradient of the loss with respect to x.\n\n");
        print_options(to, options);
        return help ? 0 : EXIT_USAGE;
    }
    for (int i = 0; i < gd_function_count(); i++) {
        const gd_function_info *f = gd_function_at(i);
        if (operands == 1 && strcmp(f->name, arguments[0]) != 0)
            continue;
        if (found && !facts)
            putchar('\n');
        (facts ? print_facts : print_function)(f);
        found = true;
    }
    if (!found)
        fprintf(stderr, "gradus ops: there is no operation '%s'; gradus ops lists them\n", arguments[0]);
    return found ? 0 : EXIT_FAILED;
}
