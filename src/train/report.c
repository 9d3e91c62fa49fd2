/* report.c - confusion matrices and scores for a person: text in columns. */
#include "train/confusion.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* Names are cut to so many characters. */
enum { NAME_MOST = 24, NAME_SIZE = 4 * NAME_MOST + 1, SCORE_WIDTH = 11 };

/* How many characters of UTF-8 a text has: the bytes that follow a character's first do not count. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* How many bytes the first `most` characters take. */
static size_t bytes_of(const char *text, int most)
{
    size_t bytes = 0;
    for (int width = 0; text[bytes]; bytes++) {
        width += ((unsigned char)text[bytes] & 0xc0) != 0x80;
        if (width > most)
            break;
    }
    return bytes;
}

/* The name of a class, or its number. */
static const char *name_of(const char *const *names, int64_t class, char text[NAME_SIZE])
{
    for (int64_t i = 0; names && i < class; i++)
        names = names[0] ? names + 1 : NULL;
    if (names && *names) {
        bool cut = width_of(*names) > NAME_MOST;
        size_t bytes = bytes_of(*names, cut ? NAME_MOST - 2 : NAME_MOST);
        snprintf(text, NAME_SIZE, "%.*s%s", (int)bytes, *names, cut ? ".." : "");
        gd__make_printable(text);
    } else
        snprintf(text, NAME_SIZE, "%lld", (long long)class);
    return text;
}

static void put_right(FILE *to, int width, const char *text)
{
    fprintf(to, "%*s%s", width - width_of(text), "", text);
}

static void put_left(FILE *to, int width, const char *text)
{
    fprintf(to, "%s%*s", text, width - width_of(text), "");
}

static void put_count(FILE *to, int width, int64_t count)
{
    fprintf(to, "%*lld", width, (long long)count);
}

static int widest_name(const gd_tensor *confusion, const char *const *names, int least)
{
    char text[NAME_SIZE];
    for (int64_t i = 0; i < confusion->shape[0]; i++) {
        int width = width_of(name_of(names, i, text));
        least = width > least ? width : least;
    }
    return least;
}

/* ---- the matrix ---- */

static const int64_t *row_of(const gd_tensor *confusion, int64_t class)
{
    return (const int64_t *)(const void *)confusion->data + class * confusion->shape[1];
}

static int widest_count(const gd_tensor *confusion, int least)
{
    for (int64_t i = 0; i < confusion->numel; i++) {
        int digits = snprintf(NULL, 0, "%lld", (long long)row_of(confusion, 0)[i]);
        least = digits > least ? digits : least;
    }
    return least;
}

static void print_confusion(const gd_tensor *confusion, const char *const *names, FILE *to)
{
    char text[NAME_SIZE];
    int first = widest_name(confusion, names, (int)strlen("true"));
    int width = widest_name(confusion, names, widest_count(confusion, 1)) + 2;
    put_left(to, first, "");
    fputs("  predicted\n", to);
    put_left(to, first, "true");
    for (int64_t k = 0; k < confusion->shape[1]; k++)
        put_right(to, width, name_of(names, k, text));
    putc('\n', to);
    for (int64_t i = 0; i < confusion->shape[0]; i++) {
        put_left(to, first, name_of(names, i, text));
        for (int64_t k = 0; k < confusion->shape[1]; k++)
            put_count(to, width, row_of(confusion, i)[k]);
        putc('\n', to);
    }
}

/* ---- the scores ---- */

static void put_score(FILE *to, double score)
{
    char text[GD__NUMBER_SIZE];
    snprintf(text, sizeof text, "%.4f", score);
    gd__mend_point(text);
    put_right(to, SCORE_WIDTH, text);
}

static void print_scores(FILE *to, int first, const char *name, gd_scores scores)
{
    put_left(to, first, name);
    put_score(to, scores.precision);
    put_score(to, scores.recall);
    put_score(to, scores.f1);
    put_count(to, SCORE_WIDTH, scores.support);
    putc('\n', to);
}

static void print_report(const gd_tensor *confusion, const char *const *names, FILE *to)
{
    static const char *const titles[] = { "precision", "recall", "F1", "support" };
    char text[NAME_SIZE];
    int first = widest_name(confusion, names, (int)strlen("weighted mean"));
    put_left(to, first, "");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        put_right(to, SCORE_WIDTH, titles[i]);
    putc('\n', to);
    for (int64_t i = 0; i < confusion->shape[0]; i++)
        print_scores(to, first, name_of(names, i, text), gd_class_scores(confusion, i));
    gd_scores all = gd_average_scores(confusion, GD_AVERAGE_MICRO);
    putc('\n', to);
    put_left(to, first + 2 * SCORE_WIDTH, "accuracy");
    put_score(to, all.f1);
    put_count(to, SCORE_WIDTH, all.support);
    putc('\n', to);
    print_scores(to, first, "mean", gd_average_scores(confusion, GD_AVERAGE_MACRO));
    print_scores(to, first, "weighted mean", gd_average_scores(confusion, GD_AVERAGE_WEIGHTED));
}

/* ---- the public faces ---- */

static bool may_print(const gd_tensor *confusion, const char *function, FILE *to)
{
    gd_context *g = gd__context(confusion);
    if (!to)
        return false;
    if (gd__is_confusion(g, confusion, function))
        return true;
    fprintf(to, "%s\n", gd_failed(g) ? gd_message(g) : "an error tensor, whose error was cleared");
    return false;
}

void gd_print_confusion(const gd_tensor *confusion, const char *const *names, FILE *to)
{
    if (may_print(confusion, "gd_print_confusion", to))
        print_confusion(confusion, names, to);
}

void gd_print_report(const gd_tensor *confusion, const char *const *names, FILE *to)
{
    if (may_print(confusion, "gd_print_report", to))
        print_report(confusion, names, to);
}
