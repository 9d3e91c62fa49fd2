/* plot.c - a history as a picture: the loss, and below it the accuracies, over the steps. */
#include "train/history.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "io/replace.h"

/* In the picture's units, of which a screen shows each as one pixel. */
enum {
    WIDTH = 860,
    LEFT = 76,
    RIGHT = 836,
    LOSS_TOP = 52,
    LOSS_BOTTOM = 312,
    ACCURACY_TOP = 372,
    ACCURACY_BOTTOM = 592,
    FOOT = 52,
    COLUMNS = (RIGHT - LEFT) / 2, /* more points than that in a curve can't be told apart */
    CLOSEST_TICKS = 16,
    MOST_TICKS = 24
};

/* The reader's settings choose between light and dark; what knows nothing of that shows the light one. */
static const char head[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n"
    "<title>Learning curve: %s</title>\n"
    "<style>\n"
    "text { font: 13px system-ui, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif } .tick { fill: #59636e }\n"
    ".name { font-weight: 600; font-size: 15px; fill: #1f2328 }\n"
    ".paper { fill: #ffffff }\n"
    ".grid { stroke: #e3e7eb } .axis { stroke: #818b98 }\n"
    "path { fill: none; stroke-linejoin: round; stroke-linecap: round }\n"
    ".loss { stroke: #0969da; stroke-width: 2.2 } .each { stroke: #0969da; stroke-width: 0.8; opacity: 0.38 }\n"
    ".train { stroke: #d4660a; stroke-width: 2 } .test { stroke: #7d4cdb; stroke-width: 2 }\n"
    "@media (prefers-color-scheme: dark) {\n"
    ".tick { fill: #9198a1 } .name { fill: #f0f6fc } .paper { fill: #0d1117 }\n"
    ".grid { stroke: #262c36 } .axis { stroke: #656c76 }\n"
    ".loss, .each { stroke: #58a6ff } .train { stroke: #f0913e } .test { stroke: #b58cff }\n"
    "}\n"
    "</style>\n"
    "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n";

/* From values to places. */
typedef struct axis {
    double low, high;
    double (*bend)(double value); /* equal distances on paper are equal ones of what it makes */
    double from, to;
} axis;

static double straight(double value)
{
    return value;
}

/* About as far from 90 % to 99 % as from 0 % to 90 %: a tenth of the errors each time, up to where few are left. */
static double nines(double accuracy)
{
    return -log10(1 - accuracy + 5e-4);
}

/* NaN for what has no place. */
static double place(const axis *a, double value)
{
    double inside = fmin(fmax(value, a->low), a->high), low = a->bend(a->low);
    if (!isfinite(value))
        return NAN;
    return a->from + (a->bend(inside) - low) / (a->bend(a->high) - low) * (a->to - a->from);
}

/* ---- ticks ---- */

typedef struct ticks {
    int count;
    double at[MOST_TICKS];
} ticks;

static void add_tick(ticks *t, double value)
{
    if (t->count < MOST_TICKS)
        t->at[t->count++] = value;
}

/* The round number, 1, 2 or 5 times a power of ten, next above a fifth of the span. */
static double round_step(double span)
{
    double ten = pow(10, floor(log10(span / 5))), times = span / 5 / ten;
    return ten * (times < 1.01 ? 1 : times < 2.01 ? 2 : times < 5.01 ? 5 : 10);
}

static ticks straight_ticks(double low, double high)
{
    ticks t = { 0 };
    double step = round_step(high - low), first = ceil(low / step - 1e-9);
    for (int i = 0; i < MOST_TICKS && (first + i) * step <= high + 1e-9 * step; i++)
        add_tick(&t, (first + i) * step);
    return t;
}

/* Powers of ten, and between them 2 and 5 times where there is room. */
static ticks log_ticks(double low, double high)
{
    static const double times[] = { 1, 2, 5 };
    ticks t = { 0 };
    double decades = log10(high / low), stride = ceil(decades / 8);
    int between = decades <= 3 ? 3 : 1;
    for (double k = stride * floor(log10(low) / stride); pow(10, k) <= high; k += stride)
        for (int i = 0; i < between; i++)
            if (times[i] * pow(10, k) >= low && times[i] * pow(10, k) <= high)
                add_tick(&t, times[i] * pow(10, k));
    return t;
}

static const double round_accuracy[] = { 0, 0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 1 };
enum { ROUND_ACCURACIES = sizeof round_accuracy / sizeof *round_accuracy };

static ticks accuracy_ticks(double low, double high)
{
    ticks t = { 0 };
    for (int i = 0; i < ROUND_ACCURACIES; i++)
        if (round_accuracy[i] >= low && round_accuracy[i] <= high)
            add_tick(&t, round_accuracy[i]);
    return t;
}

/* ---- drawing ---- */

typedef struct picture {
    FILE *file;
    const gd_history *history;
    axis x;
    int bottom; /* of the lowest panel */
} picture;

static void write_number(FILE *file, double value)
{
    char text[GD__NUMBER_SIZE];
    fputs(gd__number_text(round(10 * value) / 10, 6, text), file);
}

static void write_place(FILE *file, char command, double x, double y)
{
    fputc(command, file);
    write_number(file, x);
    fputc(' ', file);
    write_number(file, y);
}

static void draw_line(FILE *file, const char *class, double x0, double y0, double x1, double y1)
{
    fprintf(file, "<path class=\"%s\" d=\"", class);
    write_place(file, 'M', x0, y0);
    write_place(file, 'L', x1, y1);
    fputs("\"/>\n", file);
}

static void draw_text(FILE *file, const char *class, const char *anchor, double x, double y, const char *words)
{
    fprintf(file, "<text class=\"%s\" text-anchor=\"%s\" x=\"", class, anchor);
    write_number(file, x);
    fputs("\" y=\"", file);
    write_number(file, y);
    fprintf(file, "\">%s</text>\n", words);
}

/* Goes on with a curve; a place that is none leaves a gap. */
static void draw_on(FILE *file, bool *down, double x, double y)
{
    if (!isnan(y))
        write_place(file, *down ? 'L' : 'M', x, y);
    if (!isnan(y) && !*down)
        fputs("h0", file); /* so that a point by itself can be seen */
    *down = !isnan(y);
}

/* A dot for train, a diamond for test, so that they can be told apart without colours. */
static void draw_mark(FILE *file, const char *class, double x, double y)
{
    static const char dot[] = "m-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0 -5.2 0z",
                      diamond[] = "m0 -4l4 4l-4 4l-4 -4z";
    if (isnan(y))
        return;
    fprintf(file, "<path class=\"%s paper\" d=\"", class);
    write_place(file, 'M', x, y);
    fprintf(file, "%s\"/>\n", strcmp(class, "train") == 0 ? dot : diamond);
}

/* 10,000 */
static const char *count_text(long long count, char *text)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", count);
    char *at = text;
    for (int i = 0; i < length; i++) {
        *at++ = digits[i];
        if (i < length - 1 && (length - 1 - i) % 3 == 0)
            *at++ = ',';
    }
    *at = '\0';
    return text;
}

static const char *percent_text(double share, int digits, char *text)
{
    gd__number_text(100 * share, digits, text);
    strcat(text, " %");
    return text;
}

/* The lines across a panel, and its name at the top. */
static void draw_panel(picture *p, const char *name, const axis *y, const ticks *t, bool percent)
{
    char text[GD__NUMBER_SIZE + 2];
    ticks steps = straight_ticks(p->x.low, p->x.high);
    draw_text(p->file, "name", "start", LEFT, y->to - 18, name);
    for (int i = 0; i < steps.count; i++) {
        double x = place(&p->x, steps.at[i]);
        draw_line(p->file, "grid", x, y->from, x, y->to);
    }
    double below = INFINITY;
    for (int i = 0; i < t->count; i++) {
        double at = place(y, t->at[i]);
        if (below - at < CLOSEST_TICKS)
            continue;
        below = at;
        draw_line(p->file, "grid", LEFT, at, RIGHT, at);
        draw_text(p->file, "tick", "end", LEFT - 10, at + 4.5,
                  percent ? percent_text(t->at[i], 6, text) : gd__number_text(t->at[i], 4, text));
    }
    draw_line(p->file, "axis", LEFT, y->from, RIGHT, y->from);
}

static void draw_steps(picture *p)
{
    char text[GD__NUMBER_SIZE];
    ticks steps = straight_ticks(p->x.low, p->x.high);
    for (int i = 0; i < steps.count; i++)
        if (steps.at[i] == floor(steps.at[i])) /* few steps: there are none between */
            draw_text(p->file, "tick", "middle", place(&p->x, steps.at[i]), p->bottom + 20,
                      count_text((long long)steps.at[i], text));
    draw_text(p->file, "tick", "middle", (LEFT + RIGHT) / 2, p->bottom + 42, "step");
}

/* One entry of a legend, which grows from the right to the left; returns where the next ends. */
static double draw_entry(picture *p, const char *class, const char *words, double right, double y)
{
    double left = right - 7.2 * (double)strlen(words) - 34;
    draw_line(p->file, class, left, y - 4.5, left + 22, y - 4.5);
    if (strcmp(class, "train") == 0 || strcmp(class, "test") == 0)
        draw_mark(p->file, class, left + 11, y - 4.5);
    draw_text(p->file, "tick", "start", left + 28, y, words);
    return left - 18;
}

/* ---- the loss ---- */

typedef struct span {
    double low, high;
} span;

static span span_of_losses(const gd_history *h)
{
    span s = { INFINITY, -INFINITY };
    for (int i = 0; i < h->steps; i++) {
        if (!isfinite(h->loss[i]))
            continue;
        s.low = fmin(s.low, h->loss[i]);
        s.high = fmax(s.high, h->loss[i]);
    }
    return s.low <= s.high ? s : (span){ 0, 1 };
}

/* Over more than a power of ten, relative distances say more. */
static axis loss_axis(span s)
{
    axis y = { s.low, s.high, straight, LOSS_BOTTOM, LOSS_TOP };
    if (s.low > 0 && s.high / s.low > 10)
        return (axis){ s.low / 1.2, s.high * 1.2, log10, LOSS_BOTTOM, LOSS_TOP };
    if (s.high - s.low <= 1e-9 * fmax(fabs(s.low), fabs(s.high))) {
        y.low = s.low - 0.5 * fmax(fabs(s.low), 1e-9);
        y.high = s.high + 0.5 * fmax(fabs(s.high), 1e-9);
    }
    double step = round_step(y.high - y.low);
    y.low = step * floor(y.low / step);
    y.high = step * ceil(y.high / step);
    return y;
}

/* Of the steps from .. to - 1 the smallest and the largest loss, in the order in which they came. */
static void draw_extremes(picture *p, const axis *y, bool *down, int from, int to)
{
    const double *loss = p->history->loss;
    int least = from, most = from;
    for (int i = from; i < to; i++) {
        least = loss[i] < loss[least] || isnan(loss[least]) ? i : least;
        most = loss[i] > loss[most] || isnan(loss[most]) ? i : most;
    }
    int first = least < most ? least : most, second = least < most ? most : least;
    draw_on(p->file, down, place(&p->x, first), place(y, loss[first]));
    if (second > first)
        draw_on(p->file, down, place(&p->x, second), place(y, loss[second]));
}

/* The mean of the losses that lie no further than `reach` from a step. */
static double mean_around(const gd_history *h, int step, int reach)
{
    double sum = 0;
    int count = 0;
    for (int i = step - reach; i <= step + reach; i++)
        if (i >= 0 && i < h->steps && isfinite(h->loss[i])) {
            sum += h->loss[i];
            count++;
        }
    return count > 0 ? sum / count : NAN;
}

static void draw_each(picture *p, const axis *y, const char *class)
{
    int64_t steps = p->history->steps, columns = steps < COLUMNS ? steps : COLUMNS;
    bool down = false;
    fprintf(p->file, "<path class=\"%s\" d=\"", class);
    for (int64_t i = 0; i < columns; i++)
        draw_extremes(p, y, &down, (int)(i * steps / columns), (int)((i + 1) * steps / columns));
    fputs("\"/>\n", p->file);
}

static void draw_mean(picture *p, const axis *y, int reach)
{
    int64_t steps = p->history->steps, columns = steps < COLUMNS ? steps : COLUMNS;
    bool down = false;
    fputs("<path class=\"loss\" d=\"", p->file);
    for (int64_t i = 0; i < columns; i++) {
        int step = (int)(i * (steps - 1) / (columns - 1));
        draw_on(p->file, &down, place(&p->x, step), place(y, mean_around(p->history, step, reach)));
    }
    fputs("\"/>\n", p->file);
}

/* A mean only where there are steps enough to tell it from them. */
static void draw_loss(picture *p)
{
    axis y = loss_axis(span_of_losses(p->history));
    ticks t = y.bend == log10 ? log_ticks(y.low, y.high) : straight_ticks(y.low, y.high);
    int reach = p->history->steps / 150;
    const char *class = reach > 0 ? "each" : "loss";
    double right = RIGHT;
    draw_panel(p, "Loss", &y, &t, false);
    draw_each(p, &y, class);
    if (reach > 0) {
        char words[60], text[GD__NUMBER_SIZE];
        draw_mean(p, &y, reach);
        snprintf(words, sizeof words, "mean of %s", count_text(2 * reach + 1, text));
        right = draw_entry(p, "loss", words, RIGHT, LOSS_TOP - 18);
    }
    draw_entry(p, class, "each step", right, LOSS_TOP - 18);
}

/* ---- the accuracies ---- */

static double accuracy_of(const gd_evaluation *e, bool test)
{
    return test ? e->test_accuracy : e->train_accuracy;
}

/* From the round number at or below the lowest to the one at or above the highest. */
static axis accuracy_axis(const gd_history *h)
{
    double low = 1, high = 0;
    for (int i = 0; i < 2 * h->evaluations; i++) {
        double accuracy = accuracy_of(&h->evaluation[i / 2], i % 2);
        low = fmin(low, accuracy);
        high = fmax(high, accuracy);
    }
    int first = 0, last = ROUND_ACCURACIES - 1;
    while (first < last - 1 && round_accuracy[first + 1] <= low)
        first++;
    while (last > first + 1 && round_accuracy[last - 1] >= high)
        last--;
    return (axis){ round_accuracy[first], round_accuracy[last], nines, ACCURACY_BOTTOM, ACCURACY_TOP };
}

/* Returns the newest, NaN where there is none. */
static double draw_accuracy(picture *p, const axis *y, bool test)
{
    const gd_history *h = p->history;
    const char *class = test ? "test" : "train";
    double newest = NAN;
    bool down = false;
    fprintf(p->file, "<path class=\"%s\" d=\"", class);
    for (int i = 0; i < h->evaluations; i++) {
        double accuracy = accuracy_of(&h->evaluation[i], test);
        draw_on(p->file, &down, place(&p->x, (double)h->evaluation[i].step), place(y, accuracy));
        newest = isnan(accuracy) ? newest : accuracy;
    }
    fputs("\"/>\n", p->file);
    for (int i = 0; i < h->evaluations; i++)
        draw_mark(p->file, class, place(&p->x, (double)h->evaluation[i].step),
                  place(y, accuracy_of(&h->evaluation[i], test)));
    return newest;
}

static void draw_accuracies(picture *p)
{
    axis y = accuracy_axis(p->history);
    ticks t = accuracy_ticks(y.low, y.high);
    double right = RIGHT;
    draw_panel(p, "Accuracy", &y, &t, true);
    for (int test = 1; test >= 0; test--) {
        char words[60], text[GD__NUMBER_SIZE + 2];
        double newest = draw_accuracy(p, &y, test);
        if (isnan(newest))
            continue;
        snprintf(words, sizeof words, "%s %s", test ? "test" : "train", percent_text(newest, 4, text));
        right = draw_entry(p, test ? "test" : "train", words, right, ACCURACY_TOP - 18);
    }
}

/* ---- the file ---- */

static bool write_svg(const gd__output *output, void *user)
{
    const gd_history *h = user;
    char count[GD__NUMBER_SIZE], what[GD__NUMBER_SIZE + 8];
    picture p = { .file = gd__output_open(output),
                  .history = h,
                  .x = { 0, h->steps, straight, LEFT, RIGHT },
                  .bottom = h->evaluations > 0 ? ACCURACY_BOTTOM : LOSS_BOTTOM };
    if (!p.file)
        return false;
    int height = p.bottom + FOOT;
    snprintf(what, sizeof what, "%s step%s", count_text(h->steps, count), h->steps == 1 ? "" : "s");
    fprintf(p.file, head, WIDTH, height, WIDTH, height, what, WIDTH, height);
    draw_loss(&p);
    if (h->evaluations > 0)
        draw_accuracies(&p);
    draw_steps(&p);
    fputs("</svg>\n", p.file);
    return gd__output_close(output, p.file);
}

bool gd_history_plot(const gd_history *history, const char *path)
{
    gd_context *g = gd__context(history);
    if (!gd__history_usable(history, "gd_history_plot") || g->failed)
        return false;
    if (history->steps > 0)
        return gd__history_write(history, "gd_history_plot", path, write_svg);
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_history_plot", "Train first" }, "there are no steps to draw");
    return false;
}
