#include "train/show.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 24 };
static const double between_bars = 0.1; /* seconds */

gd__show gd__show_open(FILE *to)
{
    return (gd__show){ .to = to, .terminal = to && isatty(fileno(to)), .last = -1 };
}

static void clear_line(const gd__show *show)
{
    if (show->terminal)
        fputs("\r\033[K", show->to);
}

/* Losses beyond 10,000 need no decimals. */
static void write_loss(FILE *to, double loss)
{
    fprintf(to, fabs(loss) < 1e4 ? "loss %.4f" : "loss %.4g", loss);
}

static void write_step(FILE *to, const gd_progress *p)
{
    fprintf(to, "step %5lld/%lld  ", (long long)p->step, (long long)p->steps);
    write_loss(to, p->loss);
}

static void show_evaluation(gd__show *show, const gd_progress *p)
{
    const gd_evaluation *e = p->newest;
    clear_line(show);
    write_step(show->to, p);
    if (!isnan(e->train_accuracy))
        fprintf(show->to, "  train %.4f", e->train_accuracy);
    if (!isnan(e->test_accuracy))
        fprintf(show->to, "  test %.4f", e->test_accuracy);
    fprintf(show->to, "  %.1f s\n", p->seconds);
}

static void write_time(FILE *to, double seconds)
{
    long whole = isfinite(seconds) && seconds < 1e8 ? (long)(seconds + 0.5) : 0;
    if (whole >= 3600)
        fprintf(to, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        fprintf(to, "%ld:%02ld", whole / 60, whole % 60);
}

static void draw_bar(gd__show *show, const gd_progress *p)
{
    double share = p->steps > 0 ? (double)p->step / (double)p->steps : 1;
    int full = (int)(share * BAR);
    char bar[BAR + 1];
    memset(bar, '-', BAR);
    memset(bar, '#', (size_t)full);
    bar[BAR] = '\0';
    clear_line(show);
    fprintf(show->to, "[%s] %3.0f%%  ", bar, 100 * share);
    write_loss(show->to, p->loss);
    if (p->seconds >= 1) { /* before that the rate says little */
        fprintf(show->to, "  %.0f steps/s  ", p->steps_per_second);
        write_time(show->to, (double)(p->steps - p->step) / p->steps_per_second);
        fputs(" left", show->to);
    }
    fflush(show->to);
}

/* Until evaluations come, a tenth of the way is worth a line. */
static void show_plain(gd__show *show, const gd_progress *p)
{
    int64_t tenth = p->steps / 10 > 0 ? p->steps / 10 : 1;
    if (show->evaluated || p->step % tenth != 0)
        return;
    write_step(show->to, p);
    fprintf(show->to, "  %.0f steps/s\n", p->steps_per_second);
}

void gd__show_step(gd__show *show, const gd_progress *progress)
{
    if (!show->to)
        return;
    if (progress->newest)
        show_evaluation(show, progress);
    show->evaluated = show->evaluated || progress->newest;
    if (!show->terminal) {
        show_plain(show, progress);
        fflush(show->to);
    } else if (progress->newest || progress->seconds - show->last >= between_bars) {
        draw_bar(show, progress);
        show->last = progress->seconds;
    }
}

void gd__show_close(gd__show *show)
{
    if (!show->to)
        return;
    clear_line(show);
    fflush(show->to);
}
