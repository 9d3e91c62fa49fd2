/* ops.c - gradus ops [NAME]: what the operations say of themselves. */
#include "cli.h"

#include <string.h>

enum { MOST_INPUTS = sizeof((gd_op_info *)0)->input / sizeof(char *) };

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
    printf("%s(", op->name);
    for (int i = 0; i < MOST_INPUTS && op->input[i]; i++)
        printf("%s%s", i ? ", " : "", op->input[i]);
    printf(")%s\n  %s\n", op->is_view ? "  [a view]" : op->is_update ? "  [writes in place]" : "", op->formula);
    for (int i = 0; i < MOST_INPUTS; i++)
        if (op->derivative[i])
            printf("  %s\n", op->derivative[i]);
    if (!op->derivative[0] && !op->is_update)
        printf("  no derivative\n");
    if (op->why)
        print_wrapped("why:", op->why);
}

int run_ops(int count, char **arguments)
{
    bool help = false, found = false;
    const option options[] = { { "help", OPTION_FLAG, &help, "this text" }, { NULL, OPTION_FLAG, NULL, NULL } };
    int operands = parse_options("ops", count, arguments, options);
    if (help || operands < 0 || operands > 1) {
        FILE *to = help_stream(help);
        fprintf(
            to,
            "usage: gradus ops [NAME]\n\nPrints each operation, or the one of that name, with its formula and its "
            "derivatives:\ndx stands for the gradient of the loss with respect to x.\n");
        return help ? 0 : EXIT_USAGE;
    }
    for (int i = 0; i < gd_op_count(); i++) {
        const gd_op_info *op = gd_op_at(i);
        if (operands == 1 && strcmp(op->name, arguments[0]) != 0)
            continue;
        if (found)
            putchar('\n');
        print_op(op);
        found = true;
    }
    if (!found)
        fprintf(stderr, "gradus ops: there is no operation '%s'; gradus ops lists them\n", arguments[0]);
    return found ? 0 : EXIT_FAILED;
}
