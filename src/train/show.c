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

static void show_evaluation(gd__show *show, const gd_progress *p)
{
    const gd_evaluation *e = p->newest;
    clear_line(show);
    fprintf(show->to, "step %5lld/%lld  loss %.4f", (long long)e->step, (long long)p->steps, p->loss);
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
    fprintf(show->to, "[%s] %3.0f%%  loss %.4f  %.0f steps/s  ", bar, 100 * share, p->loss, p->steps_per_second);
    write_time(show->to, p->steps_per_second > 0 ? (double)(p->steps - p->step) / p->steps_per_second : 0);
    fputs(" left", show->to);
    fflush(show->to);
}

/* Without evaluations a tenth of the way is worth a line. */
static void show_plain(gd__show *show, const gd_progress *p)
{
    int64_t tenth = p->steps / 10 > 0 ? p->steps / 10 : 1;
    if (!p->newest && p->step % tenth == 0)
        fprintf(show->to, "step %5lld/%lld  loss %.4f  %.0f steps/s\n", (long long)p->step, (long long)p->steps, p->loss,
                p->steps_per_second);
}

void gd__show_step(gd__show *show, const gd_progress *progress)
{
    if (!show->to)
        return;
    if (progress->newest)
        show_evaluation(show, progress);
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
