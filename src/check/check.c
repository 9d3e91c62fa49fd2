/* check.c - a gradient check from beginning to end. */
#include "check/work.h"

#include <string.h>

/* ---- memory: blocks by item ---- */

void *gd__blocks(gd__work *w, size_t size)
{
    void **list = gd__alloc(w->g, (size_t)(w->count + 1) * sizeof *list);
    for (int i = 0; list && i <= w->count; i++)
        list[i] = NULL;
    for (int i = 0; list && i < w->count; i++)
        if (!(list[i] = gd__alloc(w->g, (size_t)(w->entries[i] + 1) * size)))
            break;
    return list;
}

void gd__free_blocks(gd__work *w, void *list, size_t size)
{
    void **item = list;
    for (int i = 0; item && i < w->count; i++)
        if (item[i])
            gd__free(w->g, item[i], (size_t)(w->entries[i] + 1) * size);
    if (item)
        gd__free(w->g, item, (size_t)(w->count + 1) * sizeof *item);
}

bool gd__has_blocks(const gd__work *w, void *list)
{
    void **item = list;
    return item && (w->count == 0 || item[w->count - 1]);
}

static void free_claims(gd__work *w)
{
    for (int i = 0; w->claimed && i < w->count; i++)
        if (w->claimed[i])
            gd__free(w->g, w->claimed[i], (size_t)(w->numbers[i] + 1) * sizeof(double));
    gd__free(w->g, w->claimed, (size_t)(w->count + 1) * sizeof *w->claimed);
}

static bool open_work(gd__work *w)
{
    w->count = w->s.count;
    size_t room = (size_t)(w->count + 1);
    int64_t most = 0;
    w->entries = gd__alloc(w->g, room * sizeof *w->entries);
    w->numbers = gd__alloc(w->g, room * sizeof *w->numbers);
    w->shape = gd__alloc(w->g, room * sizeof *w->shape);
    w->narrow = gd__alloc(w->g, room * sizeof *w->narrow);
    w->point = gd__alloc(w->g, room * sizeof *w->point);
    w->claimed = gd__alloc(w->g, room * sizeof *w->claimed);
    if (!w->entries || !w->numbers || !w->shape || !w->narrow || !w->point || !w->claimed)
        return false;
    for (int i = 0; i < w->count; i++) {
        w->entries[i] = w->s.item[i].count;
        w->point[i] = w->s.item[i].point;
        w->shape[i] = gd__shape(w->s.item[i].tensor);
        w->numbers[i] = w->entries[i];
        w->narrow[i] = w->check->narrow;
        w->claimed[i] = NULL;
        most = w->entries[i] > most ? w->entries[i] : most;
    }
    w->mark = gd__alloc(w->g, (size_t)most + 1);
    w->before = gd__blocks(w, sizeof(double));
    w->again = gd__blocks(w, sizeof(double));
    w->right = gd__blocks(w, sizeof(double));
    w->slope = gd__blocks(w, sizeof(gd__slope));
    return w->mark && gd__has_blocks(w, w->before) && gd__has_blocks(w, w->again) && gd__has_blocks(w, w->right) &&
           gd__has_blocks(w, w->slope);
}

static void close_work(gd__work *w)
{
    size_t room = (size_t)(w->count + 1);
    int64_t most = 0;
    for (int i = 0; w->entries && i < w->count; i++)
        most = w->entries[i] > most ? w->entries[i] : most;
    free_claims(w);
    if (w->entries) {
        gd__free_blocks(w, w->before, sizeof(double));
        gd__free_blocks(w, w->again, sizeof(double));
        gd__free_blocks(w, w->right, sizeof(double));
        gd__free_blocks(w, w->slope, sizeof(gd__slope));
    }
    gd__free(w->g, w->mark, (size_t)most + 1);
    gd__free(w->g, w->entries, room * sizeof *w->entries);
    gd__free(w->g, w->numbers, room * sizeof *w->numbers);
    gd__free(w->g, w->shape, room * sizeof *w->shape);
    gd__free(w->g, w->narrow, room * sizeof *w->narrow);
    gd__free(w->g, w->point, room * sizeof *w->point);
}

/* ---- the whole ---- */

static void sum_up(gd_check *check)
{
    check->verdict = GD_CHECK_RIGHT;
    for (int i = 0; i < check->count; i++) {
        gd_verdict v = check->input[i].verdict;
        if (v == GD_CHECK_WRONG || (v == GD_CHECK_UNSURE && check->verdict == GD_CHECK_RIGHT))
            check->verdict = v;
    }
}

static bool make_inputs(gd__work *w)
{
    size_t size = (size_t)(w->count + 1) * sizeof *w->check->input;
    w->check->input = gd__alloc(w->g, size);
    if (!w->check->input)
        return false;
    memset(w->check->input, 0, size);
    w->check->count = w->count;
    return true;
}

static bool run(gd__work *w)
{
    bool steady;
    if (!gd__take_before(w) || !gd__visit_before(w) || !gd__place_work(w) ||
        !gd__subject_weigh(&w->s, w->o->dy, w->o->seed, &w->dy) || !make_inputs(w) || !gd__ask_twice(w, &steady))
        return false;
    if (!steady) {
        gd__give_up(w);
        return true;
    }
    if (!gd__take_gradients(w) || !gd__try_program(w, true) || !gd__compare_all(w) || !gd__place_work(w) ||
        !gd__confirm_program(w) || !gd__place_work(w))
        return false;
    if (gd__is_wrong(w) && !gd__explain(w))
        return false;
    gd__judge_history(w);
    gd__look_at_conduct(w);
    return gd__look_for_rounding(w);
}

static void check_destroy(gd__object *object)
{
    gd_check *check = (gd_check *)object;
    gd__free(object->context, check->input, (size_t)(check->count + 1) * sizeof *check->input);
}

static const gd__class check_class = { "gradient check", sizeof(gd_check), check_destroy };

/* Before anything is made, which might take a dead tensor's place. */
static bool all_usable(const gd_gradcheck_options *o)
{
    const gd_tensors lists[] = { o->in, o->parameters, o->claimed, o->earlier };
    static const char *const what[] = { "an argument", "a parameter", "a claimed gradient", "an earlier tensor" };
    for (int n = 0; n < 4; n++)
        for (int i = 0; lists[n].item && i < lists[n].count; i++)
            if ((n != 2 || lists[n].item[i]) && !gd__usable(o->g, lists[n].item[i], "gd_gradcheck", what[n]))
                return false;
    return !o->dy || gd__usable(o->g, o->dy, "gd_gradcheck", ".dy");
}

static bool options_fit(const gd_gradcheck_options *o)
{
    if (!all_usable(o))
        return false;
    if (o->rtol >= 0 && o->atol >= 0)
        return true;
    gd__fail(
        o->g,
        (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck", "Give numbers that are not negative, or leave them out" },
        ".rtol is %g and .atol %g", o->rtol, o->atol);
    return false;
}

static gd_check *run_as(const gd_gradcheck_options *o, bool narrow)
{
    gd_context *g = o->g;
    gd_check *check = g->failed || !options_fit(o) ? NULL : gd__new(g, &check_class);
    if (!check)
        return gd__error_object(g);
    gd__work w = { .g = g, .o = o, .check = check, .by_hand = o->claimed.count > 0 };
    check->narrow = narrow;
    gd__bar b = { .to = o->progress };
    w.bar = &b;
    clock_gettime(CLOCK_MONOTONIC, &b.start);
    check->verdict = GD_CHECK_FAILED;
    gd_scope scope = gd_scope_enter(g);
    bool good = gd__subject_open(&w.s, o, w.by_hand);
    g->widening = g->widening && !narrow;
    good = good && open_work(&w) && run(&w);
    if (w.has_program)
        gd__program_close(&w.program);
    if (b.drawn)
        gd__draw_bar(&b, "", 1, 1);
    close_work(&w);
    gd__subject_close(&w.s);
    gd_scope_leave(&scope);
    check->evaluations = w.s.calls;
    check->seconds = gd__seconds_since(&b.start);
    if (good) {
        sum_up(check);
        return check;
    }
    gd__destroy(&check->object);
    if (!g->failed)
        gd__fail(g, (gd__fault){ GD_ERROR_STATE, 0, "gd_gradcheck", "Report it, with the function" },
                 "the check did not come to an end");
    return gd__error_object(g);
}

gd_check *gd__check_run(const gd_gradcheck_options *options)
{
    return run_as(options, false);
}

gd_check *gd__check_run_narrow(const gd_gradcheck_options *options)
{
    return run_as(options, true);
}
