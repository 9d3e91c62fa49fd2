/* plan.c - compiled functions: their recordings, and which of them a run takes. */
#include "compile/plan.h"

#include <stdio.h>
#include <string.h>

enum { MOST_RECORDINGS = 32 };

/* ---- recordings ---- */

static void free_cell(gd_context *g, gd__cell *cell)
{
    if (cell->memory)
        gd__free(g, cell->memory, cell->size ? cell->size : 1);
    if (cell->storage)
        gd__storage_release(g, cell->storage);
}

static void free_instruction(gd_context *g, gd__instruction *i)
{
    size_t looks = (size_t)i->looks * sizeof *i->look;
    gd__free(g, i->look, looks ? looks : 1);
    gd__free(g, i->user.made, (size_t)i->user.x * (sizeof(int) + sizeof(bool)));
}

/* Outputs live in the plan's scope, and go with it or with their recording. */
static void recording_free(gd__recording *r, bool with_outputs)
{
    gd_context *g = r->context;
    for (int i = 0; i < r->steps; i++)
        gd__step_free(&r->step[i]);
    for (int i = 0; i < r->cells; i++)
        free_cell(g, &r->cell[i]);
    for (int i = 0; i < r->instructions; i++)
        free_instruction(g, &r->instruction[i]);
    for (int i = 0; with_outputs && i < r->outputs; i++)
        gd__destroy(&r->output[i]->object);
    gd__free(g, r->cell, (size_t)r->cell_room * sizeof *r->cell);
    gd__free(g, r->table, (size_t)r->table_size * sizeof *r->table);
    gd__free(g, r->instruction, (size_t)r->instruction_room * sizeof *r->instruction);
    gd__free(g, r->leaf, (size_t)r->leaf_room * sizeof *r->leaf);
    gd__free(g, r->grading, (size_t)r->grading_room * sizeof *r->grading);
    gd__free(g, r->patch, (size_t)r->patch_room * sizeof *r->patch);
    gd__free(g, r->step, (size_t)r->step_room * sizeof *r->step);
    gd__free(g, r->heads, ((size_t)r->cells + 1) * sizeof *r->heads);
    gd__free(g, r->arena, r->arena_bytes);
    gd__free(g, r->written, ((size_t)r->cells + 1) * sizeof *r->written);
    gd__free(g, r->form, ((size_t)r->inputs + 1) * sizeof *r->form);
    for (int i = 0; r->given && i < r->inputs; i++)
        gd__free(g, r->given[i].aside, r->given[i].aside_size);
    gd__free(g, r->given, ((size_t)r->inputs + 1) * sizeof *r->given);
    gd__free(g, r->output, r->plan->outputs * sizeof *r->output);
    gd__free(g, r, sizeof *r);
}

static void drop(gd_plan *plan, int k)
{
    if (plan->latest == plan->recording[k])
        plan->latest = NULL;
    recording_free(plan->recording[k], true);
    memmove(plan->recording + k, plan->recording + k + 1, (size_t)(--plan->recordings - k) * sizeof *plan->recording);
}

static void plan_destroy(gd__object *object)
{
    gd_plan *plan = (gd_plan *)object;
    for (int i = 0; i < plan->recordings; i++)
        recording_free(plan->recording[i], false);
    gd__free(object->context, plan->recording, (size_t)plan->room * sizeof *plan->recording);
}

static const gd__class plan_class = { "plan", sizeof(gd_plan), plan_destroy };

/* ---- compiling ---- */

static gd_plan *compile(gd_context *g, const char *function, gd_plan made, bool given)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    if (!given)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, function, "Pass a function" }, "the function is NULL");
    if (made.outputs < 1 || made.outputs > INT16_MAX)
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Give a positive number" }, "%zu outputs",
                        made.outputs);
    gd_plan *plan = gd__new(g, &plan_class);
    if (!plan)
        return gd__error_object(g);
    made.object = plan->object;
    *plan = made;
    return plan;
}

gd_plan *gd_compile(gd_context *g, gd_function *function, void *user)
{
    return compile(g, "gd_compile", (gd_plan){ .function = function, .user = user, .outputs = 1 }, function != NULL);
}

gd_plan *gd_compile_all(gd_context *g, size_t outputs, gd_functions *function, void *user)
{
    return compile(g, "gd_compile_all", (gd_plan){ .functions = function, .user = user, .outputs = outputs },
                   function != NULL);
}

/* A user's operation within the step might run the step's own plan, or have its recordings dropped. */
static bool is_free(const gd_plan *plan, const char *function)
{
    if (!plan->running)
        return true;
    gd__fail(
        plan->object.context,
        (gd__fault){ GD_ERROR_STATE, 0, function, "Compile what an operation within the step runs as another plan" },
        "%s was called for a plan while it runs", function);
    return false;
}

gd_plan *gd_keep_gradients(gd_plan *plan, bool keep)
{
    gd_context *g = gd__context(plan);
    if (!gd__usable(g, plan, "gd_keep_gradients", "the plan") || !is_free(plan, "gd_keep_gradients"))
        return gd__error_object(g);
    while (plan->keeps_gradients != keep && plan->recordings > 0)
        drop(plan, plan->recordings - 1);
    plan->keeps_gradients = keep;
    return plan;
}

/* ---- which recording fits ---- */

static gd__mood mood_of(const gd_context *g)
{
    return (
        gd__mood){ g->gradients_off, g->recording_all, g->evaluating, g->widening, g->default_dtype, g->settings };
}

/* Without branches: nearly always all is as it was. */
static inline bool is_state_of(const gd__mood *mood, const gd_context *g)
{
    return !((mood->gradients_off ^ g->gradients_off) | (mood->recording_all ^ g->recording_all) |
             (mood->evaluating ^ g->evaluating) | (mood->widening ^ g->widening) |
             (mood->default_dtype ^ g->default_dtype));
}

static inline bool is_mood_of(const gd__mood *mood, const gd_context *g)
{
    return is_state_of(mood, g) & (mood->settings == g->settings);
}

static bool has_form(gd__form *form, const gd_tensor *t)
{
    if (form->serial == t->object.serial)
        return true;
    if (form->dtype != t->dtype || form->shape.count != t->ndim)
        return false;
    for (int i = 0; i < t->ndim; i++)
        if (form->shape.size[i] != t->shape[i] || form->stride[i] != t->stride[i])
            return false;
    form->serial = t->object.serial;
    return true;
}

/* Of one that has gone the replay tells. */
static inline bool is_as_before(const gd__recording *r, const gd__leaf *leaf)
{
    const gd_tensor *t = leaf->tensor;
    if (r->fragile && (!gd__alive(t) || t->object.serial != leaf->serial))
        return true;
    return !t->withheld && t->has_grad == leaf->before;
}

static inline bool guards_hold(const gd__recording *r)
{
    for (int i = 0; i < r->guards; i++)
        if (!is_as_before(r, &r->leaf[i]))
            return false;
    return true;
}

/* That is refused where steps are recorded. */
static inline bool needs_gradient(const gd__recording *r, const gd_tensor *in)
{
    return in->requires_grad & !r->mood.gradients_off;
}

static bool fits(gd__recording *r, gd_tensors in)
{
    if (r->inputs != in.count || !is_mood_of(&r->mood, r->context))
        return false;
    for (int i = 0; i < in.count; i++)
        if (!has_form(&r->form[i], in.item[i]) || needs_gradient(r, in.item[i]))
            return false;
    return guards_hold(r);
}

/* The latest recording, where the plan may be run and all is as it was in the last run: the same tensors, and nothing to be told.
 * NULL means that a longer look is needed. */
static inline gd__recording *same_again(const gd_plan *plan, gd_tensors in)
{
    if (!gd__alive(plan) || !plan->latest || plan->latest->inputs != in.count)
        return NULL;
    gd__recording *r = plan->latest;
    const gd_context *g = plan->object.context;
    if (g->failed | g->watching | plan->running | (g->trace != NULL) | !is_mood_of(&r->mood, g))
        return NULL;
    for (int i = 0; i < in.count; i++) {
        const gd__object *o = (const gd__object *)in.item[i];
        if (!gd__alive(o) || o->context != g || o->serial != r->form[i].serial || needs_gradient(r, in.item[i]))
            return NULL;
    }
    return guards_hold(r) ? r : NULL;
}

/* Is one of its outputs an input of this run? */
static bool is_asked_of(const gd__recording *r, gd_tensors in)
{
    for (int i = 0; i < in.count; i++)
        if (gd__is_output(r, in.item[i]->storage))
            return true;
    return false;
}

/* Recordings of settings that are gone can't fit any more. */
static gd__recording *find(gd_plan *plan, gd_tensors in)
{
    if (plan->latest && fits(plan->latest, in))
        return plan->latest;
    for (int i = plan->recordings - 1; i >= 0; i--)
        if (plan->recording[i]->mood.settings != plan->object.context->settings &&
            !is_asked_of(plan->recording[i], in))
            drop(plan, i);
    for (int i = 0; i < plan->recordings; i++)
        if (fits(plan->recording[i], in))
            return plan->recording[i];
    return NULL;
}

/* ---- recording ---- */

static gd__recording *new_recording(gd_plan *plan, gd_tensors in)
{
    gd_context *g = plan->object.context;
    gd__recording *r = gd__alloc(g, sizeof *r);
    if (!r)
        return NULL;
    *r = (gd__recording){
        .context = g, .plan = plan, .depth = g->depth, .began = g->next_serial, .inputs = in.count, .in = in.item
    };
    r->form = gd__alloc(g, ((size_t)in.count + 1) * sizeof *r->form);
    r->given = gd__alloc(g, ((size_t)in.count + 1) * sizeof *r->given);
    r->output = gd__alloc(g, plan->outputs * sizeof *r->output);
    if (r->given)
        memset(r->given, 0, (size_t)in.count * sizeof *r->given);
    if (!r->form || !r->given || !r->output) {
        recording_free(r, true);
        return NULL;
    }
    for (int i = 0; i < in.count; i++) {
        const gd_tensor *t = in.item[i];
        r->form[i] = (gd__form){ .shape = gd__shape(t), .dtype = (gd_dtype)t->dtype };
        memcpy(r->form[i].stride, t->stride, t->ndim * sizeof *t->stride);
    }
    return r;
}

/* What the function is handed in place of an input: the same numbers, to read. */
static gd_tensor *shadow(gd__recording *r, const gd_tensor *t, int input)
{
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t) };
    memcpy(meta.stride, t->stride, t->ndim * sizeof *t->stride);
    gd_tensor *made = gd__tensor_over(r->context, &meta, &(gd__storage){ .bytes = t->data, .read_only = true });
    int cell = made ? gd__new_cell(r, GD__GIVEN, made) : -1;
    if (cell < 0)
        return NULL;
    r->cell[cell].input = input;
    r->cell[cell].size = t->contiguous ? (size_t)t->numel * gd__dtypes[t->dtype].size : 0;
    return t->name ? gd_name(made, t->name) : made;
}

static bool call_function(const gd_plan *plan, gd_tensor *const *in, size_t n, gd_tensor **out)
{
    if (plan->function)
        out[0] = plan->function(plan->user, in, n);
    return plan->function ? !plan->object.context->failed
                          : plan->functions(plan->user, in, n, out, plan->outputs) && !plan->object.context->failed;
}

/* A tensor of the plan's for an output, and the note that it becomes a copy of it. */
static bool take_output(gd__recording *r, const gd_tensor *y)
{
    gd_context *g = r->context;
    static const int order[GD_MAX_DIMS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    if (!gd__usable(g, y, "gd_run", "what the function returned"))
        return false;
    gd_tensor *out = gd__tensor(g, &(gd__meta){ .dtype = (gd_dtype)y->dtype, .shape = gd__shape(y) });
    if (!out)
        return false;
    gd__copy_strided(y, order, out->data);
    gd__move(&out->object, r->plan->object.depth);
    r->output[r->outputs++] = out;
    int cell = gd__cell_of(r, out);
    if (cell < 0)
        return false;
    r->cell[cell].written = true;
    snprintf(r->cell[cell].name, sizeof r->cell[cell].name, "output %d", r->outputs - 1);
    return gd__note_copy(r, y, out);
}

/* What was kept out of the step would not be made again. */
static bool nothing_escaped(const gd__recording *r, int inputs)
{
    int count = 0;
    gd_context *g = r->context;
    for (const gd__object *o = g->scopes[r->depth + 1].first; o; o = o->next)
        count += o->class == &gd__tensor_class;
    if (count == inputs)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_STATE, 0, "gd_keep", "Return it as an output: gd_compile_all" },
             "a tensor was kept beyond the compiled step that made it: a replay would not make it again");
    return false;
}

/* Within the inner of two scopes: gd_keep leads into the outer. */
static bool run_recorded(gd__recording *r, gd_tensor *const *in, gd_tensor **out)
{
    gd_context *g = r->context;
    gd_scope scope = gd_scope_enter(g);
    int held = g->held;
    gd__trace trace = gd__recorder(r);
    g->held = trace.depth = g->depth;
    g->trace = scope.context ? &trace : NULL;
    bool good = scope.context && call_function(r->plan, in, (size_t)r->inputs, out);
    g->trace = NULL;
    g->held = held;
    for (size_t i = 0; good && i < r->plan->outputs; i++)
        good = take_output(r, out[i]);
    good = good && nothing_escaped(r, r->inputs);
    gd_scope_leave(&scope);
    return good && !g->failed;
}

static bool record_in_scope(gd__recording *r, gd_tensors in)
{
    gd_context *g = r->context;
    size_t size = ((size_t)in.count + r->plan->outputs) * sizeof(gd_tensor *);
    gd_tensor **shadows = gd__alloc(g, size), **out = shadows ? shadows + in.count : NULL;
    bool good = shadows != NULL;
    for (int i = 0; good && i < in.count; i++) {
        shadows[i] = shadow(r, in.item[i], i);
        good = gd__alive(shadows[i]);
    }
    for (size_t i = 0; good && i < r->plan->outputs; i++)
        out[i] = NULL;
    good = good && run_recorded(r, shadows, out);
    gd__free(g, shadows, size);
    return good;
}

static bool inputs_have_no_gradient(gd_context *g, gd_tensors in)
{
    char text[GD__TEXT_SIZE];
    for (int i = 0; i < in.count; i++) {
        if (!in.item[i]->requires_grad || g->gradients_off)
            continue;
        gd__fail(g,
                 (gd__fault){ GD_ERROR_STATE, 0, "gd_run",
                              "Pass gd_detach of it; within the step gd_require_grad(gd_detach(x), true) makes a "
                              "leaf of an input" },
                 "%s requires a gradient: none flows through a compiled step", gd__describe(in.item[i], text));
        return false;
    }
    return true;
}

/* Guarded leaves come first. */
static void sort_leaves(gd__recording *r)
{
    for (int i = 0; i < r->leaves; i++) {
        if (!r->leaf[i].guarded)
            continue;
        gd__leaf guarded = r->leaf[i];
        r->leaf[i] = r->leaf[r->guards];
        r->leaf[r->guards++] = guarded;
    }
}

static bool keep(gd_plan *plan, gd__recording *r)
{
    if (plan->recordings == MOST_RECORDINGS) {
        int oldest = 0;
        for (int i = 1; i < plan->recordings; i++)
            if (plan->recording[i]->used < plan->recording[oldest]->used)
                oldest = i;
        drop(plan, oldest);
    }
    if (!gd__grow(r->context, (void **)&plan->recording, &plan->room, plan->recordings + 1, sizeof *plan->recording))
        return false;
    plan->recording[plan->recordings++] = r;
    return true;
}

/* What the function leaves otherwise than it found it, a replay would leave as it is. */
static bool leaves_state(const gd__mood *before, gd_context *g)
{
    if (is_state_of(before, g))
        return true;
    gd__fail(
        g, (gd__fault){ GD_ERROR_STATE, 0, "gd_run", "Set it outside of the step, or back before the step ends" },
        "the compiled step leaves the default dtype, or whether operations are recorded, otherwise than it found it");
    return false;
}

/* The function runs once, and is recorded. NULL with the error set. */
static gd__recording *record(gd_plan *plan, gd_tensors in)
{
    gd_context *g = plan->object.context;
    gd__recording *r = inputs_have_no_gradient(g, in) ? new_recording(plan, in) : NULL;
    if (!r)
        return NULL;
    gd__mood before = mood_of(g);
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context && record_in_scope(r, in) && leaves_state(&before, g);
    gd_scope_leave(&scope);
    sort_leaves(r);
    r->mood = mood_of(g);
    if (good && gd__build(r) && keep(plan, r))
        return r;
    recording_free(r, true);
    return NULL;
}

/* ---- running ---- */

static bool usable(gd_context *g, const gd_plan *plan, gd_tensors in)
{
    if (!gd__usable(g, plan, "gd_run", "the plan") || g->failed)
        return false;
    for (int i = 0; i < in.count; i++)
        if (!gd__usable(g, in.item ? in.item[i] : NULL, "gd_run", "an input"))
            return false;
    return true;
}

/* Brings a recording up to date with these inputs; NULL with the error set. */
static gd__recording *run(gd_plan *plan, gd_tensors in)
{
    if (!is_free(plan, "gd_run"))
        return NULL;
    gd__recording *r = find(plan, in);
    bool good = r && gd__replay(r, in);
    plan->runs++;
    if (!r) {
        plan->running = true;
        r = record(plan, in);
        plan->running = false;
        good = r != NULL;
        plan->recorded++;
    }
    if (!good)
        return NULL;
    r->used = plan->runs;
    return plan->latest = r;
}

static void refuse(gd_context *g, gd_tensor **out, size_t outputs)
{
    for (size_t i = 0; out && i < outputs; i++)
        out[i] = gd__error_object(g);
}

/* While somebody is told of operations, as another step that is recorded, or looks at each: as the function that it is.
 * What it makes is then the current scope's. */
static bool run_plainly(gd_plan *plan, gd_tensors in, gd_tensor **out)
{
    gd_context *g = plan->object.context;
    gd_tensor **made = gd__alloc(g, plan->outputs * sizeof *made); /* `out` may be the list of inputs */
    for (size_t i = 0; made && i < plan->outputs; i++)
        made[i] = NULL;
    bool good = made && call_function(plan, in.item, (size_t)in.count, made);
    plan->runs++;
    plan->recorded++;
    for (size_t i = 0; good && i < plan->outputs; i++) {
        good = gd__usable(g, made[i], "gd_run", "what the function returned");
        out[i] = made[i];
    }
    gd__free(g, made, plan->outputs * sizeof *made);
    return good;
}

static bool run_into(gd_plan *plan, gd_tensors in, gd_tensor **out, size_t outputs)
{
    gd_context *g = plan->object.context;
    if (g->trace || g->watching)
        return run_plainly(plan, in, out);
    gd__recording *r = run(plan, in);
    for (size_t i = 0; r && i < outputs; i++)
        out[i] = r->output[i];
    return r != NULL;
}

static __attribute__((noinline)) gd_tensor *run_one(gd_plan *plan, gd_tensors in)
{
    gd_context *g = plan ? gd__context(plan) : gd__context_of(in);
    gd_tensor *out;
    if (!usable(g, plan, in))
        return gd__error_object(g);
    if (plan->outputs > 1 && (g->trace || g->watching))
        return gd__fail(g, (gd__fault){ GD_ERROR_STATE, 0, "gd_run", "Use gd_run_all" },
                        "a plan with %zu outputs can't be run for one of them within another step", plan->outputs);
    return run_into(plan, in, &out, 1) ? out : gd__error_object(g);
}

gd_tensor *gd_run_with(gd_plan *plan, gd_tensors in)
{
    gd__recording *r = same_again(plan, in);
    if (!r)
        return run_one(plan, in);
    bool good = gd__replay(r, in);
    r->used = ++plan->runs;
    return good ? r->output[0] : gd__error_object(r->context);
}

bool gd_run_all(gd_plan *plan, gd_tensors in, gd_tensor **out, size_t outputs)
{
    gd_context *g = plan ? gd__context(plan) : gd__context_of(in);
    bool good = usable(g, plan, in);
    if (good && (!out || outputs != plan->outputs)) {
        good = false;
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_run_all", "Pass an array of as many as were compiled" },
                 "%zu outputs at %s, of a plan with %zu", outputs, out ? "an array" : "NULL", plan->outputs);
    }
    good = good && run_into(plan, in, out, outputs);
    if (!good)
        refuse(g, out, outputs);
    return good;
}

gd_plan_facts gd_plan_facts_of(const gd_plan *plan)
{
    if (!gd__alive(plan) || !plan->latest)
        return (gd_plan_facts){ .runs = 0 };
    gd_plan_facts facts = plan->latest->facts;
    facts.runs = plan->runs;
    facts.recorded = plan->recorded;
    return facts;
}
