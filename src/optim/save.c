/* save.c - what an optimizer has gathered, to a file and back.
 *
 * In the file, for gd_adam and a parameter "0.weight", float64 numbers without dimensions,
 *     adam.0.lr, adam.0.beta1, ...     the options of group 0, and so on
 *     adam.0.initial_lr                what its schedules start from; NaN: there was none
 *     0.weight.group, 0.weight.step    where the parameter belongs, and how many steps it has made
 *     cosine_annealing_lr.steps, ...   where the schedule stands
 * and what was gathered, by PyTorch's names: 0.weight.exp_avg, 0.weight.exp_avg_sq. One walk over these names does
 * both ways. */
#include "optim/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "gradus/io.h"

enum { KEY_SIZE = 320 };

/* Of where a schedule stands. */
enum { STEPS, BAD, WAIT, BEST, PARTS };

typedef struct transfer {
    gd_optimizer *optimizer;
    gd_archive *archive;
    const char *path;
    bool loading;
    gd__slot *slot; /* the optimizer's own or, loading, copies that are filled */
    gd__group *group;
    double schedule[PARTS];
    bool *seen; /* loading: which of the archive's tensors were asked for */
} transfer;

/* ---- one entry ---- */

static bool misfit(const transfer *t, const char *key, const char *what)
{
    gd__fail(
        t->optimizer->object.context,
        (gd__fault){ GD_ERROR_FORMAT, 0, "gd_optimizer_load",
                     "Load it into an optimizer that is made as the saved one: rule, groups, schedule, network" },
        "%.160s has %s'%.80s'%s", t->path, gd_archive_has(t->archive, key) ? "" : "no ", key, what);
    return false;
}

/* The archive's tensor of that name; NULL where there is none. */
static gd_tensor *find(transfer *t, const char *key)
{
    int count = gd_archive_count(t->archive);
    for (int i = 0; i < count; i++) {
        if (strcmp(gd_archive_name(t->archive, i), key) != 0)
            continue;
        t->seen[i] = true;
        return gd_archive_tensor(t->archive, i);
    }
    return NULL;
}

static bool number(transfer *t, const char *key, double *value)
{
    if (!t->loading)
        return gd_archive_add(t->archive, key, gd_scalar(t->optimizer->object.context, GD_FLOAT64, *value));
    gd_tensor *have = find(t, key);
    if (!have || have->ndim > 0)
        return misfit(t, key, have ? ", which is no single number" : "");
    return gd_read(have, GD_FLOAT64, value, 1);
}

/* One that counts something. */
static bool count_number(transfer *t, const char *key, double *value)
{
    if (!number(t, key, value))
        return false;
    bool good = *value >= 0 && *value < 9007199254740992.0 && *value == floor(*value);
    return good || misfit(t, key, ", which is no count");
}

static bool state(transfer *t, gd__slot *slot, int i)
{
    char key[KEY_SIZE];
    unsigned bit = 1u << i;
    snprintf(key, sizeof key, "%s.%s", slot->name, t->optimizer->rule->state[i]);
    if (!t->loading)
        return !(slot->begun & bit) || gd_archive_add(t->archive, key, slot->state[i]);
    gd_tensor *have = find(t, key);
    if (!have)
        return true;
    if (!gd__same_shape(have, slot->parameter))
        return misfit(t, key, " of another shape than the parameter's");
    slot->state[i] = gd_clone(gd_cast(have, (gd_dtype)slot->parameter->dtype));
    slot->begun |= bit;
    return gd__alive(slot->state[i]);
}

/* ---- the walk ---- */

static bool walk_group(transfer *t, int i)
{
    char key[KEY_SIZE];
    const gd__rule *rule = t->optimizer->rule;
    gd_context *g = t->optimizer->object.context;
    const char *name = rule->name + strlen("gd_");
    double *lr = &t->group[i].initial_lr;
    for (const gd__default *own = rule->option; own->option; own++) {
        snprintf(key, sizeof key, "%s.%d.%s", name, i, gd__option_name(own->option));
        if (!number(t, key, &t->group[i].option[own->option]))
            return false;
    }
    snprintf(key, sizeof key, "%s.%d.initial_lr", name, i);
    if (!number(t, key, lr) || !gd__options_fit(g, "gd_optimizer_load", rule, t->group[i].option))
        return false;
    return isnan(*lr) || (*lr >= 0 && isfinite(*lr)) || misfit(t, key, ", which is no learning rate");
}

static bool walk_slot(transfer *t, gd__slot *slot)
{
    char key[KEY_SIZE];
    double group = slot->group, steps = (double)slot->steps;
    if (!gd__lasts(t->optimizer->object.context, &slot->parameter->object, slot->serial,
                   t->loading ? "gd_optimizer_load" : "gd_optimizer_save", "a parameter"))
        return false;
    snprintf(key, sizeof key, "%s.group", slot->name);
    if (!number(t, key, &group))
        return false;
    if (group != slot->group)
        return misfit(t, key, ": the parameter is in another group");
    snprintf(key, sizeof key, "%s.step", slot->name);
    if (!count_number(t, key, &steps))
        return false;
    slot->steps = (int64_t)steps;
    for (int i = 0; i < GD__MAX_STATES && t->optimizer->rule->state[i]; i++)
        if (!state(t, slot, i))
            return false;
    return true;
}

/* The schedule that sets the rates; NULL where there is none, or it has gone. */
static gd_schedule *schedule_of(const gd_optimizer *o)
{
    bool lasts = gd__alive(o->schedule) && o->schedule->object.serial == o->schedule_serial;
    return lasts ? o->schedule : NULL;
}

static bool walk_schedule(transfer *t, const gd_schedule *s)
{
    static const char *const part[PARTS] = { "steps", "bad", "wait", "best" };
    const double standing[PARTS] = { (double)s->steps, (double)s->bad, (double)s->wait, s->best };
    for (int i = 0; i < PARTS; i++) {
        char key[KEY_SIZE];
        snprintf(key, sizeof key, "%s.%s", s->kind->name + strlen("gd_"), part[i]);
        t->schedule[i] = standing[i];
        if (!(i == BEST ? number(t, key, &t->schedule[i]) : count_number(t, key, &t->schedule[i])))
            return false;
    }
    return true;
}

static bool walk(transfer *t)
{
    const gd_schedule *s = schedule_of(t->optimizer);
    for (int i = 0; i < t->optimizer->groups; i++)
        if (!walk_group(t, i))
            return false;
    for (int i = 0; i < t->optimizer->count; i++)
        if (!walk_slot(t, &t->slot[i]))
            return false;
    return !s || walk_schedule(t, s);
}

/* ---- saving ---- */

bool gd_optimizer_save(gd_optimizer *optimizer, const char *path)
{
    gd_context *g = gd__context(optimizer);
    if (!gd__optimizer_usable(optimizer, "gd_optimizer_save"))
        return false;
    gd_scope scope = gd_scope_enter(g);
    transfer t = { .optimizer = optimizer,
                   .archive = gd_archive_new(g),
                   .path = path,
                   .slot = optimizer->slot,
                   .group = optimizer->group };
    bool good = scope.context && walk(&t) && gd_archive_write(t.archive, path);
    gd_scope_leave(&scope);
    return good;
}

/* ---- loading ---- */

static bool nothing_left_over(const transfer *t)
{
    int count = gd_archive_count(t->archive);
    for (int i = 0; i < count; i++)
        if (!t->seen[i])
            return misfit(t, gd_archive_name(t->archive, i), ", which the optimizer has no place for");
    return true;
}

static void take_over(gd_optimizer *o, const transfer *t)
{
    gd_schedule *s = schedule_of(o);
    for (int i = 0; i < o->count; i++) {
        for (int k = 0; k < GD__MAX_STATES; k++) {
            if (o->slot[i].state[k])
                gd__destroy(&o->slot[i].state[k]->object);
            if (t->slot[i].state[k])
                gd__move(&t->slot[i].state[k]->object, o->object.depth);
        }
        o->slot[i] = t->slot[i];
    }
    memcpy(o->group, t->group, (size_t)o->groups * sizeof *o->group);
    o->stamp++;
    o->object.context->settings++;
    if (!s)
        return;
    s->steps = (int64_t)t->schedule[STEPS];
    s->bad = (int64_t)t->schedule[BAD];
    s->wait = (int64_t)t->schedule[WAIT];
    s->best = t->schedule[BEST];
}

/* Fills copies, of which the optimizer takes over all or none. */
static bool fill(transfer *t)
{
    gd_optimizer *o = t->optimizer;
    memcpy(t->group, o->group, (size_t)o->groups * sizeof *o->group);
    memset(t->seen, 0, (size_t)gd_archive_count(t->archive) * sizeof *t->seen);
    for (int i = 0; i < o->count; i++) {
        t->slot[i] = o->slot[i];
        memset(t->slot[i].state, 0, sizeof t->slot[i].state);
        t->slot[i].begun = 0;
    }
    return walk(t) && nothing_left_over(t);
}

static bool load(gd_optimizer *o, gd_archive *archive, const char *path)
{
    gd_context *g = o->object.context;
    size_t slots = (size_t)o->count * sizeof(gd__slot), groups = (size_t)o->groups * sizeof(gd__group);
    size_t entries = ((size_t)gd_archive_count(archive) + 1) * sizeof(bool);
    transfer t = { .optimizer = o, .archive = archive, .path = path, .loading = true };
    t.slot = gd__alloc(g, slots);
    t.group = gd__alloc(g, groups);
    t.seen = gd__alloc(g, entries);
    bool good = t.slot && t.group && t.seen && fill(&t);
    if (good)
        take_over(o, &t);
    gd__free(g, t.slot, slots);
    gd__free(g, t.group, groups);
    gd__free(g, t.seen, entries);
    return good;
}

bool gd_optimizer_load(gd_optimizer *optimizer, const char *path)
{
    gd_context *g = gd__context(optimizer);
    if (!gd__optimizer_usable(optimizer, "gd_optimizer_load"))
        return false;
    gd_scope scope = gd_scope_enter(g);
    gd_archive *archive = scope.context ? gd_archive_read(g, path) : NULL;
    bool good = gd__alive(archive) && load(optimizer, archive, path);
    gd_scope_leave(&scope);
    return good;
}
