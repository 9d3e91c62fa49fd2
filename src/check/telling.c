/* telling.c - from the trace of a run to a program in elementary steps, forward and backward. */
#include "check/program.h"
#include "check/affine.h"
#include "check/jacobian.h"

#include "autograd/walk.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Who listens to the trace, and what it builds. */
typedef struct listener {
    gd__trace trace;
    gd__program *p;
    gd__trace *outer;
    int of, operand, within; /* what nodes that come now are marked with */
    bool opaque;             /* nothing that a user's operation shows of its inside is believed */
} listener;

/* ---- nodes ---- */

static gd_tensor *kept(gd__program *p, gd_tensor *t)
{
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t) };
    memcpy(meta.stride, t->stride, t->ndim * sizeof *t->stride);
    gd_tensor *view = gd__view(t, &meta);
    if (view)
        gd__move(&view->object, p->depth);
    return view;
}

static void note_place(const gd__program *p, gd__node *node)
{
    node->place[0] = 0;
    gd__write_place(node->place, sizeof node->place, p->context->place);
}

/* A node without operands yet; -1 with the error set. */
static int add_node(gd__program *p, gd__node_kind kind, gd_tensor *value, int operands)
{
    gd_context *g = p->context;
    if (!gd__alive(value) || !gd__grow(g, (void **)&p->node, &p->capacity, p->count + 1, sizeof *p->node))
        return -1;
    gd__node *node = &p->node[p->count];
    *node = (gd__node){
        .kind = kind, .of = -1, .operand = -1, .within = -1, .seen = value, .seen_serial = value->object.serial
    };
    node->value = kept(p, value);
    if (operands > 0)
        node->in = gd__alloc(g, (size_t)operands * sizeof *node->in);
    if (!node->value || (operands > 0 && !node->in))
        return -1;
    node->count = operands;
    note_place(p, node);
    return p->count++;
}

/* The node that a tensor is, -1 where the program does not know it. */
static int find(const gd__program *p, const gd_tensor *t)
{
    for (int i = p->count - 1; i >= 0; i--)
        if (p->node[i].value == t || (p->node[i].seen == t && p->node[i].seen_serial == t->object.serial))
            return i;
    return -1;
}

static int find_or_add(gd__program *p, gd_tensor *t)
{
    int id = find(p, t);
    return id >= 0 ? id : add_node(p, GD__NODE_CONSTANT, t, 0);
}

static uint64_t bit_of(int input)
{
    return (uint64_t)1 << (input < GD__PROGRAM_INPUTS ? input : GD__PROGRAM_INPUTS);
}

/* A node made of others. */
static int add_made(listener *l, gd__node_kind kind, gd_tensor *value, int count, const int *in)
{
    gd__program *p = l->p;
    int id = add_node(p, kind, value, count);
    if (id < 0)
        return -1;
    gd__node *node = &p->node[id];
    for (int i = 0; i < count; i++) {
        node->in[i] = in[i];
        node->inputs |= p->node[in[i]].inputs;
        node->flows = node->flows || p->node[in[i]].flows;
    }
    node->of = l->of;
    node->operand = l->operand;
    node->within = l->within;
    return id;
}

static bool matters(const gd__program *p, int count, gd_tensor *const *in)
{
    for (int i = 0; i < count; i++) {
        int id = find(p, in[i]);
        if (id >= 0 && (p->node[id].inputs || p->node[id].flows))
            return true;
    }
    return false;
}

static bool find_all(gd__program *p, int count, gd_tensor *const *in, int *id)
{
    for (int i = 0; i < count; i++)
        if ((id[i] = find_or_add(p, in[i])) < 0)
            return false;
    return true;
}

/* ---- listening ---- */

/* Can the result be reached from the operand, so that its inside was seen? */
static bool is_seen(const gd__program *p, int out, const int *in, int count)
{
    uint64_t wanted = 0;
    for (int i = 0; i < count; i++)
        wanted |= p->node[in[i]].inputs;
    return out >= 0 && (p->node[out].inputs & wanted) == wanted;
}

/* Marks what lies between the operands and the result as the operation's. */
static void mark_inside(gd__program *p, int use)
{
    const gd__used *used = &p->used[use];
    int from = -1;
    for (int i = 0; i < used->count; i++)
        from = used->in[i] > from ? used->in[i] : from;
    for (int i = from + 1; i <= used->out; i++)
        if (p->node[i].within < 0)
            p->node[i].within = use;
}

static bool note_used(listener *l, const gd__call *call, const int *in)
{
    gd__program *p = l->p;
    gd_context *g = p->context;
    int out = find(p, call->out);
    bool seen = !l->opaque && is_seen(p, out, in, call->count);
    if (!gd__grow(g, (void **)&p->used, &p->use_capacity, p->uses + 1, sizeof *p->used))
        return false;
    gd__used *used = &p->used[p->uses];
    *used = (gd__used){ .op = call->op, .name = call->op->info.name, .count = call->count, .transparent = seen };
    used->in = gd__alloc(g, (size_t)call->count * sizeof *used->in);
    if (!used->in)
        return false;
    memcpy(used->in, in, (size_t)call->count * sizeof *in);
    int use = p->uses++;
    if (!seen) {
        out = add_made(l, GD__NODE_OPAQUE, call->out, call->count, in);
        if (out < 0)
            return false;
        p->node[out].within = use;
    }
    p->used[use].out = out;
    if (seen)
        mark_inside(p, use);
    return true;
}

static bool note_call(listener *l, const gd__call *call, const int *in)
{
    int id = add_made(l, GD__NODE_COMPUTED, call->out, call->count, in);
    if (id < 0)
        return false;
    l->p->node[id].op = (gd__op_id)call->id;
    if (call->op->held_back && !l->p->held_back)
        l->p->held_back = call->op->held_back(call);
    if (call->attrs)
        l->p->node[id].attrs = *call->attrs;
    return true;
}

static bool ran(gd__trace *trace, const gd__call *call)
{
    listener *l = trace->user;
    bool users = call->op != gd__ops[call->id];
    if (call->op->info.is_update || !matters(l->p, call->count, call->in))
        return true;
    gd_context *g = l->p->context;
    size_t size = (size_t)call->count * sizeof(int);
    int *in = gd__alloc(g, size);
    bool good =
        in && find_all(l->p, call->count, call->in, in) && (users ? note_used(l, call, in) : note_call(l, call, in));
    gd__free(g, in, size);
    return good;
}

static bool detached(gd__trace *trace, gd_tensor *in, gd_tensor *out)
{
    listener *l = trace->user;
    int from = find(l->p, in);
    if (from < 0 || !l->p->node[from].inputs)
        return true;
    int id = add_made(l, GD__NODE_PASS, out, 1, &from);
    if (id >= 0)
        l->p->node[id].detached = true;
    return id >= 0;
}

static void listen(listener *l, gd__program *p)
{
    *l = (listener){ .trace = { .ran = ran, .detached = detached, .user = l },
                     .p = p,
                     .outer = p->context->trace,
                     .of = -1,
                     .operand = -1,
                     .within = -1 };
    p->context->trace = &l->trace;
}

static void stop_listening(const listener *l)
{
    l->p->context->trace = l->outer;
}

/* ---- telling: from what ran to what a textbook has ---- */

/* 1 at the labels, 0 elsewhere, and nothing at those that do not count. */
static gd_tensor *rows_of_ones(gd_tensor *labels, int64_t classes, int64_t ignored, double *counted)
{
    gd_tensor *index = gd_cast(labels, GD_INT64);
    gd_tensor *counts = gd_ne_scalar(index, (double)ignored);
    *counted = gd_item(gd_sum(gd_cast(counts, GD_FLOAT64)));
    gd_tensor *safe = gd_where(counts, index, gd_zeros_like(index));
    return gd_mul(gd_cast(gd_one_hot(safe, classes), GD_FLOAT64), gd_unsqueeze(gd_cast(counts, GD_FLOAT64), 1));
}

static gd_tensor *tell_nll(const gd__node *node, gd_tensor *const *in)
{
    double counted = 0;
    gd_context *g = in[0]->object.context;
    gd__trace *trace = g->trace;
    g->trace = NULL; /* the labels are no step of the computation */
    gd_tensor *ones = rows_of_ones(in[1], in[0]->shape[1], node->attrs.integer[0], &counted);
    g->trace = trace;
    return gd_neg(gd_div_scalar(gd_sum(gd_mul(in[0], ones)), counted));
}

static gd_tensor *tell_bce_terms(gd_tensor *const *in)
{
    gd_tensor *of_ones = gd_mul(in[1], gd_log(in[0]));
    gd_tensor *of_zeros = gd_mul(gd_rsub_scalar(in[1], 1), gd_log(gd_rsub_scalar(in[0], 1)));
    return gd_neg(gd_add(of_ones, of_zeros));
}

static void note_narrow(gd__program *p, const gd__node *node, const gd_tensor *x)
{
    if (node->value->dtype == GD_FLOAT32 && x->dtype == GD_FLOAT64 && !p->narrow[0])
        snprintf(p->narrow, sizeof p->narrow, "%.60s", node->place[0] ? node->place : "the function");
}

/* The node in elementary steps, of these operands: runs them, and returns what they make. */
static gd_tensor *tell_computed(gd__program *p, const gd__node *node, gd_tensor **in)
{
    bool to_float = gd__is_float((gd_dtype)node->value->dtype) && gd__is_float((gd_dtype)in[0]->dtype);
    switch (node->op) {
    case GD__OP_cast: note_narrow(p, node, in[0]); return to_float ? in[0] : gd__apply(node->op, 1, in, &node->attrs);
    case GD__OP_clone: return in[0];
    case GD__OP_log_softmax: return gd_log(gd_softmax(in[0], (int)node->attrs.integer[0]));
    case GD__OP_nll: return tell_nll(node, in);
    case GD__OP_bce: return gd_mean(tell_bce_terms(in));
    case GD__OP_bce_terms: return tell_bce_terms(in);
    default: return gd__apply(node->op, node->count, in, &node->attrs);
    }
}

/* ---- functions that can't be seen into ---- */

enum { MOST_JACOBIAN = 1 << 16 };

typedef struct opaque {
    const gd__op *op;
    gd_context *context;
} opaque;

/* The user's forward, on operands of any numbers. */
static gd_tensor *ask(void *user, gd_tensors x)
{
    const opaque *o = user;
    return gd_apply_to(gd__operation_of(o->op), x);
}

static bool give_jacobians(listener *l, int id, opaque *o, gd_tensors x)
{
    gd__program *p = l->p;
    gd_tensor **all = gd__alloc(p->context, (size_t)x.count * sizeof *all);
    if (!all)
        return false;
    p->node[id].jacobian = all;
    for (int i = 0; i < x.count; i++) {
        int64_t m = p->node[id].value->numel, n = x.item[i]->numel;
        bool wanted = p->node[p->node[id].in[i]].inputs != 0 && gd__is_float((gd_dtype)x.item[i]->dtype);
        all[i] = NULL;
        if (!wanted)
            continue;
        if (m * n > MOST_JACOBIAN) {
            p->whole = false;
            continue;
        }
        gd_tensor *J = gd__jacobian(ask, o, x, i, m);
        J = gd__alive(J) ? gd__as_diagonal(J) : J;
        if (!gd__alive(J))
            return false;
        gd__move(&J->object, p->depth);
        all[i] = J;
    }
    return true;
}

/* The one operand that matters; -1 where there are none, or several. */
static int only_operand(const gd__program *p, gd_tensors x)
{
    int only = -1;
    for (int i = 0; i < x.count; i++) {
        int id = find(p, x.item[i]);
        if (id < 0 || !p->node[id].inputs || !gd__is_float((gd_dtype)x.item[i]->dtype))
            continue;
        if (only >= 0)
            return -1;
        only = i;
    }
    return only;
}

/* factor f(x), or the mean of that, and what is added to it to make y. */
static gd_tensor *tell_curve(gd__op_id f, gd_tensor *x, gd_tensor *factor, gd_tensor *y)
{
    gd__attrs none = { .integer = { 0 } };
    gd_tensor *value = f == GD__OP_clone ? x : gd__apply(f, 1, &x, &none);
    gd__trace *trace = y->object.context->trace;
    bool mean = y->numel != x->numel; /* or a sum, with another factor: nobody can tell */
    y->object.context->trace = NULL;
    factor = mean ? gd_mul_scalar(factor, (double)x->numel) : factor;
    y->object.context->trace = trace;
    gd_tensor *product = gd_mul(value, factor);
    product = mean ? gd_reshape(gd_mean(product), gd__shape(y)) : product;
    if (!gd__alive(product))
        return product;
    y->object.context->trace = NULL;
    gd_tensor *rest = gd_sub(y, gd_reshape(product, gd__shape(y)));
    y->object.context->trace = trace;
    return gd_add(gd_reshape(product, gd__shape(y)), rest);
}

/* A loss of x W + b with a target that it keeps to itself; NULL where it is none. */
static gd_tensor *tell_affine(listener *l, const gd__node *node, opaque *o, gd_tensors x)
{
    gd_context *g = o->context;
    gd__trace *trace = g->trace;
    gd__affine_loss loss;
    g->trace = NULL;
    bool found = gd__find_affine_loss(ask, o, x, &loss);
    g->trace = trace;
    if (g->failed && g->error.status != GD_ERROR_MEMORY)
        gd_clear(g);
    if (!found)
        return NULL;
    l->within = node->within;
    gd_tensor *y = gd__tell_affine_loss(&loss, x, node->value);
    l->within = -1;
    l->p->used[node->within].transparent = true;
    return y;
}

/* A loss with a target, or a product with a factor, that it keeps to itself; NULL where it is neither. */
static gd_tensor *tell_hidden(listener *l, const gd__node *node, opaque *o, gd_tensors x)
{
    gd_context *g = o->context;
    gd__trace *trace = g->trace;
    gd__hidden h;
    gd_tensor *factor = NULL, *y = NULL;
    int at = only_operand(l->p, x);
    if (at < 0 && node->value->numel == 1)
        return tell_affine(l, node, o, x);
    int64_t m = node->value->numel, n = at >= 0 ? x.item[at]->numel : 0;
    if (at < 0 || m * n > MOST_JACOBIAN)
        return NULL;
    gd__op_id f = GD__OP_clone;
    g->trace = NULL;
    bool loss = m == 1 && gd__find_target(ask, o, x, at, &h);
    bool curve = !loss && (m == 1 || m == n) && gd__find_curve(ask, o, x, at, m, &f, &factor);
    g->trace = trace;
    l->within = node->within;
    if (loss)
        y = gd__tell_loss(&h, x.item[at], node->value);
    else if (curve)
        y = tell_curve(f, x.item[at], factor, node->value);
    l->within = -1;
    l->p->used[node->within].transparent = y != NULL;
    return y;
}

/* An operation of the user's in which nothing was seen: by a recipe that makes the same numbers, or by its Jacobians. */
static gd_tensor *tell_opaque(listener *l, const gd__program *raw, int id, gd_tensor **in)
{
    const gd__node *node = &raw->node[id];
    gd_context *g = raw->context;
    opaque o = { raw->used[node->within].op, g };
    gd_tensors x = { node->count, in };
    gd__recipe recipe;
    gd__trace *trace = g->trace;
    g->trace = NULL;
    bool known = gd__recognise(ask, &o, x, 1e-9, &recipe) || gd__recognise(ask, &o, x, 1e-5, &recipe);
    g->trace = trace;
    l->p->used[node->within].transparent = known;
    if (known) {
        l->within = node->within;
        gd_tensor *y = gd__follow(&recipe, x);
        l->within = -1;
        return y;
    }
    gd_tensor *told_loss = tell_hidden(l, node, &o, x);
    if (told_loss)
        return told_loss;
    int *ids = gd__alloc(g, (size_t)node->count * sizeof *ids);
    if (!ids)
        return gd__error_object(g);
    gd_tensor *y = node->value;
    int told = find_all(l->p, node->count, in, ids) ? add_made(l, GD__NODE_OPAQUE, y, node->count, ids) : -1;
    gd__free(g, ids, (size_t)node->count * sizeof *ids);
    if (told < 0)
        return gd__error_object(g);
    l->p->node[told].within = node->within;
    g->trace = NULL;
    bool good = give_jacobians(l, told, &o, x);
    g->trace = trace;
    return good ? y : gd__error_object(g);
}

/* ---- forward ---- */

/* Tells node `id` of the raw program; told[] are the tensors of those before. */
static gd_tensor *retell(listener *l, const gd__program *raw, int id, gd_tensor **told)
{
    const gd__node *node = &raw->node[id];
    gd_context *g = raw->context;
    gd_tensor *y = NULL;
    if (node->kind == GD__NODE_INPUT || node->kind == GD__NODE_CONSTANT)
        return node->value;
    if (node->kind == GD__NODE_PASS)
        return gd_detach(told[node->in[0]]);
    gd_tensor **in = gd__alloc(g, (size_t)node->count * sizeof *in);
    if (!in)
        return gd__error_object(g);
    for (int i = 0; i < node->count; i++)
        in[i] = told[node->in[i]];
    int first = l->p->count;
    l->within = node->kind == GD__NODE_COMPUTED ? node->within : -1;
    y = node->kind == GD__NODE_OPAQUE ? tell_opaque(l, raw, id, in) : tell_computed(l->p, node, in);
    l->within = -1;
    gd__free(g, in, (size_t)node->count * sizeof *in);
    for (int i = first; i < l->p->count; i++)
        memcpy(l->p->node[i].place, node->place, sizeof node->place);
    return y;
}

static bool copy_uses(gd__program *p, const gd__program *raw)
{
    gd_context *g = p->context;
    if (raw->uses == 0)
        return true;
    if (!gd__grow(g, (void **)&p->used, &p->use_capacity, raw->uses, sizeof *p->used))
        return false;
    for (int i = 0; i < raw->uses; i++) {
        p->used[i] = raw->used[i];
        p->used[i].in = gd__alloc(g, (size_t)raw->used[i].count * sizeof(int));
        if (!p->used[i].in)
            return false;
        p->uses++;
    }
    return true;
}

/* Operands and results of the user's operations, by their new nodes. */
static void place_uses(gd__program *p, const gd__program *raw, gd_tensor **told)
{
    for (int i = 0; i < p->uses; i++) {
        for (int k = 0; k < p->used[i].count; k++)
            p->used[i].in[k] = find(p, told[raw->used[i].in[k]]);
        p->used[i].out = find(p, told[raw->used[i].out]);
    }
}

static bool add_inputs(gd__program *p, gd_tensors inputs)
{
    gd_context *g = p->context;
    p->input = gd__alloc(g, (size_t)(inputs.count + 1) * sizeof *p->input);
    p->gradient = gd__alloc(g, (size_t)(inputs.count + 1) * sizeof *p->gradient);
    if (!p->input || !p->gradient) {
        gd__free(g, p->input, (size_t)(inputs.count + 1) * sizeof *p->input);
        gd__free(g, p->gradient, (size_t)(inputs.count + 1) * sizeof *p->gradient);
        p->input = p->gradient = NULL;
        return false;
    }
    p->inputs = inputs.count;
    for (int i = 0; i < inputs.count; i++) {
        p->gradient[i] = -1;
        p->input[i] = add_node(p, GD__NODE_INPUT, inputs.item[i], 0);
        if (p->input[i] < 0)
            return false;
        p->node[p->input[i]].inputs = bit_of(i);
    }
    return true;
}

static bool tell(gd__program *p, const gd__program *raw, gd_tensors inputs)
{
    gd_context *g = p->context;
    listener l;
    size_t size = (size_t)raw->count * sizeof(gd_tensor *);
    gd_tensor **told = gd__alloc(g, size);
    if (!told)
        return false;
    listen(&l, p);
    bool good = add_inputs(p, inputs) && copy_uses(p, raw);
    for (int i = 0; good && i < raw->count; i++) {
        told[i] = i < inputs.count ? inputs.item[i] : retell(&l, raw, i, told);
        good = gd__alive(told[i]);
    }
    stop_listening(&l);
    if (good) {
        place_uses(p, raw, told);
        p->result = find_or_add(p, told[raw->result]);
        p->forward = p->count;
        good = p->result >= 0;
    }
    gd__free(g, told, size);
    return good;
}

static bool listen_to(gd__program *raw, gd_tensors inputs, bool opaque_ones, gd__run_function *run, void *user)
{
    listener l;
    if (!add_inputs(raw, inputs))
        return false;
    listen(&l, raw);
    l.opaque = opaque_ones;
    gd_tensor *y = run(user);
    stop_listening(&l);
    raw->result = gd__alive(y) ? find_or_add(raw, y) : -1;
    return raw->result >= 0;
}

bool gd__program_open(gd__program *p, gd_context *g, gd_tensors inputs, bool believes, gd__run_function *run,
                      void *user)
{
    gd__program raw = { .context = g, .depth = g->depth, .result = -1 };
    *p = (gd__program){ .context = g, .depth = g->depth, .result = -1, .whole = true };
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool widening = g->widening;
    g->widening = true;
    bool good = listen_to(&raw, inputs, !believes, run, user) && tell(p, &raw, inputs);
    p->held_back = raw.held_back;
    g->widening = widening;
    gd_no_grad_leave(&quiet);
    gd__program_close(&raw);
    return good;
}

/* ---- backward ---- */

static int add_pass(listener *l, int id)
{
    int made = add_made(l, GD__NODE_PASS, l->p->node[id].value, 1, &id);
    if (made < 0)
        return -1;
    l->p->node[made].seen = NULL;  /* that is the operand */
    l->p->node[made].flows = true; /* be it 0, from a step whose derivative is that */
    return made;
}

/* The gradient that the rule hands operand k of node `n`, summed down to its shape, as a node. */
static int derive(listener *l, int n, int k, int dy)
{
    gd__program *p = l->p;
    gd_context *g = p->context;
    gd__node *node = &p->node[n];
    size_t size = (size_t)node->count * sizeof(gd_tensor *);
    gd_tensor **x = gd__alloc(g, size);
    if (!x)
        return -1;
    for (int i = 0; i < node->count; i++)
        x[i] = p->node[node->in[i]].value;
    gd__node told = *node; /* the list of nodes may move meanwhile */
    gd__vjp v = { p->node[dy].value, x, told.count, told.value, &told.attrs, k };
    gd_tensor *dx = gd__told_rule(&told, &v);
    gd_dims shape = gd__shape(x[k]);
    if (gd__alive(dx))
        dx = gd__sum_to(dx, &shape);
    gd__free(g, x, size);
    return gd__alive(dx) ? find_or_add(p, dx) : -1;
}

static bool takes_gradient(const gd__program *p, const gd__node *node, int k)
{
    const gd__node *to = &p->node[node->in[k]];
    if (!to->inputs || !gd__is_float((gd_dtype)to->value->dtype))
        return false;
    if (node->kind == GD__NODE_PASS)
        return true;
    if (node->kind == GD__NODE_OPAQUE)
        return node->jacobian[k] != NULL;
    return gd__is_differentiable(gd__ops[node->op], k);
}

static bool add_edge(listener *l, int n, int k, int made, int dy, int *gathered)
{
    gd__program *p = l->p;
    int to = p->node[n].in[k];
    int at = add_pass(l, made);
    if (at < 0 || !gd__grow(p->context, (void **)&p->edge, &p->edge_capacity, p->edges + 1, sizeof *p->edge))
        return false;
    p->edge[p->edges++] = (gd__edge){ n, k, to, dy, at };
    if (gathered[to] < 0) {
        gathered[to] = at;
        return true;
    }
    l->of = l->operand = -1;
    gd_tensor *sum = gd_add(p->node[gathered[to]].value, p->node[at].value);
    gathered[to] = gd__alive(sum) ? find(p, sum) : -1;
    return gathered[to] >= 0;
}

/* Nothing of a gradient passes: 0 times it, a place where it may pass by mistake. */
static int silence(listener *l, int dy)
{
    gd_tensor *none = gd_mul_scalar(l->p->node[dy].value, 0);
    return gd__alive(none) ? find_or_add(l->p, none) : -1;
}

/* What has been gathered for node n goes on to its operands. */
static bool pass_on(listener *l, int n, int *gathered)
{
    gd__program *p = l->p;
    int whole = add_pass(l, gathered[n]);
    if (whole < 0)
        return false;
    gathered[n] = whole;
    for (int k = 0; k < p->node[n].count; k++) {
        if (!takes_gradient(p, &p->node[n], k))
            continue;
        l->of = n;
        l->operand = k;
        int made = p->node[n].kind != GD__NODE_PASS           ? derive(l, n, k, whole)
                   : p->node[n].detached && p->honours_detach ? silence(l, whole)
                                                              : whole;
        if (made < 0 || !add_edge(l, n, k, made, whole, gathered))
            return false;
        l->of = l->operand = -1;
    }
    return true;
}

static bool derive_all(gd__program *p, gd_tensor *dy, int *gathered)
{
    listener l;
    for (int i = 0; i < p->forward; i++)
        gathered[i] = -1;
    listen(&l, p);
    p->seed = add_node(p, GD__NODE_SEED, dy, 0);
    bool good = p->seed >= 0;
    if (good) {
        p->node[p->seed].flows = true;
        gathered[p->result] = p->seed;
    }
    for (int n = p->forward - 1; good && n >= 0; n--)
        if (gathered[n] >= 0)
            good = pass_on(&l, n, gathered);
    stop_listening(&l);
    for (int i = 0; good && i < p->inputs; i++)
        p->gradient[i] = gathered[p->input[i]];
    return good;
}

bool gd__program_backward(gd__program *p, gd_tensor *dy)
{
    gd_context *g = p->context;
    size_t size = (size_t)p->forward * sizeof(int);
    int *gathered = gd__alloc(g, size);
    if (!gathered)
        return false;
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = derive_all(p, dy, gathered);
    gd_no_grad_leave(&quiet);
    gd__free(g, gathered, size);
    return good;
}
