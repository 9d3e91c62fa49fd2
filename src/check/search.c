/* search.c - trying mistakes: one, then what comes after it, then two. */
#include "check/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening and closing ---- */

static int64_t gradient_room(const gd__program *p, int i)
{
    return p->node[p->input[i]].value->numel;
}

static bool read_gradient(const gd__search *s, int i, gd_tensor *const *env, double *to)
{
    int id = s->p->gradient[i];
    int64_t n = gradient_room(s->p, i);
    if (id < 0) {
        memset(to, 0, (size_t)n * sizeof *to);
        return true;
    }
    return gd_read(env[id], GD_FLOAT64, to, (size_t)n);
}

/* The gradients at the earlier point, by the same program. What can't be computed there is not known. */
static bool find_before(gd__search *s)
{
    const gd__program *p = s->p;
    gd_context *g = p->context;
    GD_SCOPE(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = true;
    for (int id = 0; good && id < p->count; id++) {
        s->env[id] = id < p->forward ? s->earlier[id] : gd__program_step(p, id, s->env);
        good = gd__alive(s->env[id]);
    }
    gd_no_grad_leave(&quiet);
    s->before = good ? gd__alloc(g, (size_t)(s->total + 1) * sizeof *s->before) : NULL;
    for (int i = 0; s->before && i < p->inputs; i++)
        if (!read_gradient(s, i, s->env, s->before + s->start[i]))
            return false;
    return !g->failed;
}

bool gd__search_open(gd__search *s, const gd__program *p, const gd__claim *claim, gd_tensor *const *earlier,
                     bool by_rules)
{
    gd_context *g = p->context;
    *s = (gd__search){ .p = p, .claim = claim, .earlier = earlier, .by_rules = by_rules, .list = { .context = g } };
    s->start = gd__alloc(g, (size_t)(p->inputs + 1) * sizeof *s->start);
    for (int i = 0; s->start && i < p->inputs; i++) {
        int64_t n = gradient_room(p, i);
        s->start[i] = s->total;
        s->total += n;
        s->room = n > s->room ? n : s->room;
        if (claim[i].wrong)
            s->wrong |= (uint64_t)1 << (i & 63);
    }
    s->right = gd__alloc(g, (size_t)(s->total + 1) * sizeof *s->right);
    s->expected = gd__alloc(g, (size_t)(s->room + 1) * sizeof *s->expected);
    s->work = gd__alloc(g, (size_t)(s->room + 1) * sizeof *s->work);
    s->env = gd__alloc(g, (size_t)(p->count + 1) * sizeof *s->env);
    if (!s->start || !s->right || !s->expected || !s->work || !s->env)
        return false;
    for (int i = 0; i < p->count; i++)
        s->env[i] = p->node[i].value;
    for (int i = 0; i < p->inputs; i++)
        if (!read_gradient(s, i, s->env, s->right + s->start[i]))
            return false;
    gd__gather_sizes(p, &s->sizes);
    return !earlier || find_before(s);
}

static void free_found(gd__search *s, int index)
{
    gd__free(s->p->context, s->found[index].finish, (size_t)s->p->inputs * sizeof(gd__finish));
}

void gd__search_close(gd__search *s)
{
    gd_context *g = s->p->context;
    for (int i = 0; i < s->count; i++)
        free_found(s, i);
    gd__free(g, s->found, (size_t)s->capacity * sizeof *s->found);
    gd__mutants_free(&s->list);
    gd__free(g, s->start, (size_t)(s->p->inputs + 1) * sizeof *s->start);
    gd__free(g, s->right, (size_t)(s->total + 1) * sizeof *s->right);
    if (s->before)
        gd__free(g, s->before, (size_t)(s->total + 1) * sizeof *s->before);
    gd__free(g, s->expected, (size_t)(s->room + 1) * sizeof *s->expected);
    gd__free(g, s->work, (size_t)(s->room + 1) * sizeof *s->work);
    gd__free(g, s->env, (size_t)(s->p->count + 1) * sizeof *s->env);
}

/* ---- one gradient under one hypothesis ---- */

/* The node whose sum, if it was summed, is this gradient. */
static int before_sum(const gd__program *p, int id)
{
    while (id >= 0 && (p->node[id].kind == GD__NODE_PASS ||
                       (p->node[id].kind == GD__NODE_COMPUTED && p->node[id].op == GD__OP_reshape)))
        id = p->node[id].in[0];
    bool summed = id >= 0 && p->node[id].kind == GD__NODE_COMPUTED && p->node[id].op == GD__OP_sum;
    return summed ? p->node[id].in[0] : -1;
}

/* A claimed gradient of another number of entries: not summed, or over other axes. */
static bool fits_unsummed(gd__search *s, int i, gd_tensor *const *env, gd__finish *finish)
{
    int before = before_sum(s->p, s->p->gradient[i]);
    gd__numbers claimed = s->claim[i].numbers;
    if (before < 0)
        return false;
    gd_tensor *x = env[before];
    for (unsigned axes = 0; axes < 1u << x->ndim; axes++) {
        gd_dims over = { .count = 0 };
        for (int k = 0; k < x->ndim; k++)
            if (axes >> k & 1)
                over.size[over.count++] = k;
        gd_tensor *made = over.count ? gd_sum(x, over) : x;
        if (!gd__alive(made) || made->numel != claimed.count)
            continue;
        gd_tensor *plain = gd_contiguous(made);
        if (!gd__alive(plain))
            continue;
        gd__numbers expected = { gd__shape(plain), plain->numel, gd_data(plain) };
        double c, *room = gd__alloc(s->p->context, (size_t)(plain->numel + 1) * sizeof *room);
        bool fits = room && gd__finish_fits(claimed, expected, &s->sizes, s->claim[i].tolerance, false, room, finish);
        gd__free(s->p->context, room, (size_t)(plain->numel + 1) * sizeof *room);
        if (!fits)
            continue;
        c = finish->c;
        finish->c = c;
        finish->order = over.count ? GD_CAUSE_WRONG_AXIS : GD_CAUSE_NOT_SUMMED;
        finish->cost += 0.9;
        return true;
    }
    return false;
}

/* Summed over its leading entries, is it the gradient? Or the gradient summed over axes of its own? */
static bool fits_sums(gd__search *s, int i, gd__finish *finish)
{
    gd__numbers claimed = s->claim[i].numbers;
    int64_t n = gradient_room(s->p, i);
    bool more = claimed.count > n;
    int64_t few = more ? n : claimed.count, many = more ? claimed.count : n;
    if (few < 1 || many % few != 0)
        return false;
    const double *from = more ? claimed.at : s->expected, *to = more ? s->expected : claimed.at;
    for (int leading = 1; leading >= 0; leading--) {
        memset(s->work, 0, (size_t)few * sizeof *s->work);
        for (int64_t k = 0; k < many; k++)
            s->work[leading ? k % few : k / (many / few)] += from[k];
        gd__finish f = { .order = more ? GD_CAUSE_NOT_SUMMED : GD_CAUSE_WRONG_AXIS, .c = 1, .cost = 1.4 };
        f.misfit = gd__misfit(to, s->work, few, 1);
        if (f.misfit > 10 * s->claim[i].tolerance)
            continue;
        *finish = f;
        return true;
    }
    return false;
}

static double norm(const double *x, int64_t count)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* The gradient of another tensor in the place of this one's. */
static bool fits_other(gd__search *s, int i, gd_tensor *const *env, gd__finish *finish)
{
    const gd__claim *claim = &s->claim[i];
    for (int k = 0; k < s->p->inputs; k++) {
        if (k == i || gradient_room(s->p, k) != claim->numbers.count)
            continue;
        if (!read_gradient(s, k, env, s->work))
            return false;
        double misfit = gd__misfit(claim->numbers.at, s->work, claim->numbers.count, 1);
        if (misfit > claim->tolerance || norm(claim->numbers.at, claim->numbers.count) == 0)
            continue;
        *finish = (gd__finish){ .order = GD_CAUSE_WRONG_VALUE, .c = 1, .cost = 1.3, .misfit = misfit };
        snprintf(finish->order_text, sizeof finish->order_text, "it is the gradient of %.60s",
                 s->p->name ? s->p->name(s->p->user, k) : "another tensor");
        return true;
    }
    return false;
}

/* Is it the gradient of the step before, or one that this was added to? */
static bool fits_before(gd__search *s, int i, bool orders, gd__finish *finish)
{
    const gd__claim *claim = &s->claim[i];
    gd_context *g = s->p->context;
    int64_t n = gradient_room(s->p, i);
    gd_dims shape = gd__shape(s->p->node[s->p->input[i]].value);
    double *added = s->before ? gd__alloc(g, (size_t)(n + 1) * sizeof *added) : NULL;
    gd__finish f = { .cost = 0 };
    if (!added)
        return false;
    const double *before = s->before + s->start[i];
    for (int64_t k = 0; k < n; k++)
        added[k] = claim->numbers.at[k] - before[k];
    gd__numbers rest = { shape, n, added }, expected = { shape, n, s->expected }, earlier = { shape, n, before };
    bool sum = gd__finish_fits(rest, expected, &s->sizes, claim->tolerance, orders, s->work, &f);
    bool fits = sum || gd__finish_fits(claim->numbers, earlier, &s->sizes, claim->tolerance, orders, s->work, &f);
    gd__free(g, added, (size_t)(n + 1) * sizeof *added);
    if (!fits)
        return false;
    f.before = sum ? GD_CAUSE_ACCUMULATED : GD_CAUSE_STALE;
    f.cost = 1.2 + (f.cost > 0 ? f.cost + 0.8 : 0);
    *finish = f;
    return true;
}

/* Does a value come from one input alone, with no data in it? */
static bool of_itself_alone(const gd__program *p, int id, uint64_t input)
{
    const gd__node *node = &p->node[id];
    if (node->inputs != input)
        return false;
    for (int i = 0; i < node->count; i++) {
        const gd__node *in = &p->node[node->in[i]];
        if (in->kind == GD__NODE_CONSTANT ? in->value->numel > 1
                                          : in->kind != GD__NODE_INPUT && !of_itself_alone(p, node->in[i], input))
            return false;
    }
    return true;
}

/* Does what is made of it alone come to a single number, as a penalty does? */
static bool ends_in_a_number(const gd__program *p, int id, uint64_t input)
{
    for (int next = id + 1; next < p->forward; next++)
        for (int k = 0; k < p->node[next].count; k++)
            if (p->node[next].in[k] == id && of_itself_alone(p, next, input)) {
                id = next;
                break;
            }
    return p->node[id].value->numel == 1;
}

/* What is expected of gradient i, without what comes to it from its regularisers: s->work. False where it has none, or
 * nothing else. */
static bool leave_regularisers_out(const gd__search *s, int i, gd_tensor *const *env)
{
    const gd__program *p = s->p;
    gd_context *g = p->context;
    int64_t n = gradient_room(p, i);
    int own = 0, others = 0;
    double *part = gd__alloc(g, (size_t)(n + 1) * sizeof *part);
    bool good = part != NULL;
    if (good)
        memcpy(s->work, s->expected, (size_t)n * sizeof *s->work);
    for (int k = 0; good && k < p->edges; k++) {
        const gd__edge *e = &p->edge[k];
        uint64_t input = p->node[p->input[i]].inputs;
        if (e->to != p->input[i])
            continue;
        bool of_own = of_itself_alone(p, e->from, input) && ends_in_a_number(p, e->from, input);
        own += of_own;
        others += !of_own;
        good = !of_own || gd_read(env[e->at], GD_FLOAT64, part, (size_t)n);
        for (int64_t at = 0; good && of_own && at < n; at++)
            s->work[at] -= part[at];
    }
    gd__free(g, part, (size_t)(n + 1) * sizeof *part);
    return good && own > 0 && others > 0;
}

/* Of several parameters at once, which no single place in the computation explains. */
static bool fits_unregularised(gd__search *s, int i, gd_tensor *const *env, gd__finish *finish)
{
    const gd__claim *claim = &s->claim[i];
    int64_t n = gradient_room(s->p, i);
    if (!leave_regularisers_out(s, i, env))
        return false;
    gd__numbers rest = { gd__shape(s->p->node[s->p->input[i]].value), n, s->work };
    gd__finish f = { .cost = 0 };
    if (!gd__finish_fits(claim->numbers, rest, &s->sizes, claim->tolerance, false, NULL, &f))
        return false;
    f.order = GD_CAUSE_REGULARISER_MISSING;
    f.cost = 1.2 + (f.cost > 0 ? f.cost + 0.8 : 0);
    *finish = f;
    return true;
}

/* Does the hypothesis under way make what is claimed of input i? */
static bool matches(gd__search *s, int i, gd_tensor *const *env, bool orders, gd__finish *finish)
{
    const gd__claim *claim = &s->claim[i];
    *finish = (gd__finish){ .order = GD_CAUSE_UNKNOWN, .c = 1 };
    int64_t room = gradient_room(s->p, i);
    double size = norm(s->right + s->start[i], room);
    bool none = claim->numbers.count < 0;
    if (none || (claim->numbers.count == room && norm(claim->numbers.at, room) <= 1e-11 * size)) {
        bool makes_none = !none && norm(s->expected, room) <= 1e-11 * size;
        finish->order = makes_none ? GD_CAUSE_UNKNOWN : GD_CAUSE_MISSING;
        finish->cost = makes_none ? 0 : 1.0;
        return true;
    }
    if (claim->numbers.count != room)
        return fits_unsummed(s, i, env, finish) || fits_sums(s, i, finish);
    gd__numbers expected = { gd__shape(s->p->node[s->p->input[i]].value), gradient_room(s->p, i), s->expected };
    if (gd__finish_fits(claim->numbers, expected, &s->sizes, claim->tolerance, false, s->work, finish)) {
        if (!claim->shaped && finish->order == GD_CAUSE_UNKNOWN) {
            gd_dims a = claim->numbers.shape, b = expected.shape;
            bool turned = a.count == 2 && b.count == 2 && a.size[0] == b.size[1] && a.size[1] == b.size[0];
            bool vector = turned && (a.size[0] == 1 || a.size[1] == 1);
            finish->order = vector ? GD_CAUSE_TRANSPOSED : GD_CAUSE_WRONG_SHAPE;
            finish->cost += 1.0;
        }
        return true;
    }
    return fits_before(s, i, false, finish) || fits_unregularised(s, i, env, finish) ||
           fits_other(s, i, env, finish) ||
           (orders &&
            gd__finish_fits(claim->numbers, expected, &s->sizes, claim->tolerance, true, s->work, finish)) ||
           (orders && fits_before(s, i, true, finish));
}

/* ---- hypotheses ---- */

static bool same_finish(const gd__finish *a, const gd__finish *b)
{
    return a->order == b->order && a->before == b->before && fabs(a->c - b->c) <= 1e-3 * fabs(a->c) &&
           strcmp(a->order_text, b->order_text) == 0;
}

static double cost_of(const gd__search *s, const gd__hypothesis *h)
{
    double cost = 0;
    int mistakes = h->mutants;
    for (int i = 0; i < h->mutants; i++)
        cost += h->mutant[i].cost;
    for (int i = 0; i < s->p->inputs; i++) {
        if (!(s->wrong >> (i & 63) & 1) || h->finish[i].cost == 0)
            continue;
        bool seen = false;
        for (int k = 0; k < i && !seen; k++)
            seen = (s->wrong >> (k & 63) & 1) && h->finish[k].cost > 0 && same_finish(&h->finish[k], &h->finish[i]);
        cost += seen ? 0.4 : h->finish[i].cost;
        mistakes += !seen;
    }
    return cost + (mistakes > 1 ? 2.0 * (mistakes - 1) : 0);
}

static int worst_found(const gd__search *s)
{
    int worst = 0;
    for (int i = 1; i < s->count; i++)
        if (s->found[i].cost > s->found[worst].cost)
            worst = i;
    return worst;
}

/* Keeps it if it is among the best. Takes over its list of finishes. */
static bool keep(gd__search *s, gd__hypothesis *h)
{
    gd_context *g = s->p->context;
    if (s->count < GD__MOST_FOUND) {
        if (!gd__grow(g, (void **)&s->found, &s->capacity, s->count + 1, sizeof *s->found))
            return false;
        s->found[s->count++] = *h;
        h->finish = NULL;
        return true;
    }
    int worst = worst_found(s);
    if (s->found[worst].cost > h->cost) {
        free_found(s, worst);
        s->found[worst] = *h;
        h->finish = NULL;
    }
    return true;
}

/* What the mistakes make of each gradient, and which of the claimed ones are made just so. */
static bool look(gd__search *s, const gd__mutant *const *m, int count, gd__hypothesis *h)
{
    bool orders = count == 0 || s->room <= 4096;
    h->affected = h->matched = 0;
    for (int i = 0; i < s->p->inputs; i++) {
        uint64_t bit = (uint64_t)1 << (i & 63);
        const double *right = s->right + s->start[i];
        if (!read_gradient(s, i, s->env, s->expected))
            return false;
        bool moved = gd__misfit(right, s->expected, gradient_room(s->p, i), 1) > 1e-9;
        h->affected |= moved ? bit : 0;
        h->finish[i] = (gd__finish){ .order = GD_CAUSE_UNKNOWN, .c = 1 };
        if (s->claim[i].ignored)
            h->matched |= bit;
        else if (!s->claim[i].wrong)
            h->matched |= moved ? 0 : bit;
        else if (matches(s, i, s->env, orders, &h->finish[i]))
            h->matched |= bit;
    }
    h->mutants = count;
    for (int i = 0; i < count; i++) {
        h->mutant[i] = *m[i];
        h->affects[i] = h->affected;
    }
    return true;
}

static uint64_t all_inputs(const gd__search *s)
{
    return s->p->inputs >= 64 ? UINT64_MAX : ((uint64_t)1 << s->p->inputs) - 1;
}

/* Tries these mistakes. *h holds what came of it. False with the error set, true where it can't be tried too (then it
 * matches nothing). */
static bool consider(gd__search *s, const gd__mutant *const *m, int count, gd__hypothesis *h)
{
    gd_context *g = s->p->context;
    GD_SCOPE(g);
    h->matched = h->affected = 0;
    bool ran = gd__mutants_run(s->p, m, count, s->earlier, s->env);
    bool good = !ran || look(s, m, count, h);
    if (g->failed)
        return false;
    bool useful = count == 0 || (h->affected & s->wrong);
    if (good && ran && useful && h->matched == all_inputs(s)) {
        h->cost = cost_of(s, h);
        gd__hypothesis kept = *h;
        size_t size = (size_t)s->p->inputs * sizeof *kept.finish;
        kept.finish = gd__alloc(g, size);
        good = kept.finish != NULL;
        if (good) {
            memcpy(kept.finish, h->finish, size);
            good = keep(s, &kept);
            gd__free(g, kept.finish, kept.finish ? size : 0);
        }
    }
    return good;
}

/* ---- factors in the middle ---- */

static bool may_be_wrong(const gd__search *s, int forward)
{
    const gd__node *node = &s->p->node[forward];
    return !s->by_rules || node->within >= 0 || node->kind == GD__NODE_OPAQUE || node->detached;
}

/* Is the edge's tensor used as a parameter there: a matrix that multiplies, as it is or turned, or a bias that is broadcast? */
static bool is_of_parameter(const gd__program *p, const gd__edge *e)
{
    const gd__node *from = &p->node[e->from], *to = &p->node[e->to];
    if (to->kind != GD__NODE_INPUT || from->kind != GD__NODE_COMPUTED)
        return false;
    return from->op == GD__OP_transpose || (from->op == GD__OP_matmul && e->operand == 1) ||
           (from->op == GD__OP_add && to->value->numel < from->value->numel);
}

static int siblings(const gd__program *p, int to)
{
    int count = 0;
    for (int i = 0; i < p->edges; i++)
        count += p->edge[i].to == to;
    return count;
}

/* What it means that edge e carries nothing. */
static void name_lost(const gd__program *p, const gd__edge *e, gd__mutant *m)
{
    const gd__node *from = &p->node[e->from], *to = &p->node[e->to];
    m->cause = GD_CAUSE_MISSING;
    m->cost = 1.6;
    if (from->detached) {
        m->cause = GD_CAUSE_DETACHED;
        m->cost = 0.4;
    } else if (to->kind == GD__NODE_INPUT && of_itself_alone(p, e->from, to->inputs) &&
               ends_in_a_number(p, e->from, to->inputs) && !of_itself_alone(p, p->result, to->inputs)) {
        m->cause = GD_CAUSE_REGULARISER_MISSING;
        m->cost = siblings(p, e->to) > 1 ? 1.0 : 2.2;
    } else if (siblings(p, e->to) > 1) {
        bool shared = is_of_parameter(p, e);
        m->cause = shared ? GD_CAUSE_SHARED_ONCE : GD_CAUSE_PATH_FORGOTTEN;
        m->cost = 1.2;
    } else if (to->kind != GD__NODE_INPUT) {
        m->cause = GD_CAUSE_PATH_FORGOTTEN;
        m->cost = 2.0;
    }
}

static bool name_scale(const gd__search *s, int edge, int64_t entries, gd__mutant *m)
{
    gd__factor list[GD__FACTOR_ALTERNATIVES];
    const gd__edge *e = edge >= 0 ? &s->p->edge[edge] : NULL;
    if (fabs(m->c) < 1e-7) {
        m->c = 0;
        m->cause = GD_CAUSE_PATH_FORGOTTEN;
        m->cost = 2.2;
        if (e)
            name_lost(s->p, e, m);
        return true;
    }
    if (gd__factor_causes(m->c, &s->sizes, entries, list) == 0)
        return false;
    m->cause = list[0].causes == 1 ? list[0].cause[0] : GD_CAUSE_FACTOR;
    m->cost = list[0].cost + 0.1;
    if (m->cause == GD_CAUSE_SIGN && e && siblings(s->p, e->to) > 1)
        m->cause = GD_CAUSE_TERM_SIGN;
    return true;
}

/* The factor at one place with which a claimed gradient comes out, if there is one: the gradient is linear in it. */
static bool list_scales_at(gd__search *s, gd__mutants *list, int at, int edge)
{
    gd__mutant zero = { at, GD__MUT_SCALE, edge, 0, 0, 0, GD_CAUSE_MISSING, 0, NULL };
    const gd__mutant *m = &zero;
    gd_context *g = s->p->context;
    GD_SCOPE(g);
    if (!gd__mutants_run(s->p, &m, 1, s->earlier, s->env))
        return !g->failed;
    double last = 1;
    for (int i = 0; i < s->p->inputs; i++) {
        const gd__numbers *claimed = &s->claim[i].numbers;
        const double *right = s->right + s->start[i];
        int64_t n = gradient_room(s->p, i);
        if (!s->claim[i].wrong || claimed->count != n || !read_gradient(s, i, s->env, s->expected))
            continue;
        for (int64_t k = 0; k < n; k++) {
            s->work[k] = claimed->at[k] - s->expected[k]; /* what came by this way */
            s->expected[k] = right[k] - s->expected[k];
        }
        double c = gd__best_factor(s->work, s->expected, n), size = 0, off = 0;
        for (int64_t k = 0; k < n; k++) {
            double d = s->work[k] - c * s->expected[k];
            off += d * d;
            size += claimed->at[k] * claimed->at[k];
        }
        bool moves = gd__misfit(right, s->expected, n, 0) < HUGE_VAL;
        double tolerance = 10 * s->claim[i].tolerance;
        zero.c = c;
        if (moves && off <= tolerance * tolerance * size && fabs(c - 1) > 1e-6 && fabs(c - last) > 1e-6 &&
            name_scale(s, edge, n, &zero)) {
            if (s->by_rules && edge >= 0 && !may_be_wrong(s, s->p->edge[edge].from))
                zero.cost += 1.5;
            /* Rounding of the fit: the factor that is meant. */
            if (fabs(zero.c - floor(zero.c + 0.5)) < 1e-5)
                zero.c = floor(zero.c + 0.5);
            if (!gd__grow(g, (void **)&list->item, &list->capacity, list->count + 1, sizeof *list->item))
                return false;
            list->item[list->count++] = zero;
            last = c;
        }
    }
    return true;
}

static bool list_scales(gd__search *s, gd__mutants *list)
{
    const gd__program *p = s->p;
    for (int e = 0; e < p->edges; e++)
        if (!list_scales_at(s, list, p->edge[e].at, e))
            return false;
    for (int id = p->seed + 1; id < p->count; id++)
        if (p->node[id].kind == GD__NODE_PASS && p->node[id].of < 0 &&
            p->node[p->node[id].in[0]].kind == GD__NODE_COMPUTED && p->node[p->node[id].in[0]].op == GD__OP_add &&
            !list_scales_at(s, list, id, -1))
            return false;
    return true;
}

/* ---- singles and pairs ---- */

/* One that explains a part, to be tried with others. */
typedef struct piece {
    int mutant;
    uint64_t affected, matched;
    double worth;
} piece;

static int by_worth(const void *a, const void *b)
{
    const piece *x = a, *y = b;
    return x->worth != y->worth ? (x->worth < y->worth ? 1 : -1) : x->mutant - y->mutant;
}

static int bits(uint64_t x)
{
    int count = 0;
    for (; x; x &= x - 1)
        count++;
    return count;
}

static bool is_allowed(const gd__search *s, const gd__mutant *m)
{
    if (!s->by_rules)
        return true;
    int from = m->edge >= 0 ? s->p->edge[m->edge].from : m->kind == GD__MUT_NORM ? m->a : s->p->node[m->at].of;
    return m->kind == GD__MUT_SCALE || from < 0 || may_be_wrong(s, from);
}

static void drop_forbidden(const gd__search *s, gd__mutants *list)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        if (is_allowed(s, &list->item[i]))
            list->item[kept++] = list->item[i];
    list->count = kept;
}

/* How many runs are worth while. */
static int budget(const gd__program *p)
{
    double work = 0;
    for (int i = p->seed; i < p->count; i++)
        work += 400 + (double)p->node[i].value->numel;
    double runs = 4.5e8 / work;
    return runs > 45000 ? 45000 : runs < 200 ? 200 : (int)runs;
}

static bool try_singles(gd__search *s, const gd__mutants *list, gd__hypothesis *h, piece *pieces)
{
    for (int i = 0; i < list->count; i++) {
        const gd__mutant *m = &list->item[i];
        if (!consider(s, &m, 1, h))
            return false;
        uint64_t explained = h->matched & s->wrong & h->affected, against = h->affected & ~h->matched;
        pieces[i] =
            (piece){ i, h->affected, h->matched,
                     10.0 * bits(explained) + 5.0 * bits(h->matched & s->wrong) - 0.5 * bits(against) - m->cost };
        if (!(h->affected & s->wrong))
            pieces[i].worth = -1e9;
    }
    return true;
}

/* The most promising first: each with all those before it. */
static bool try_pairs(gd__search *s, const gd__mutants *list, gd__hypothesis *h, const piece *pieces)
{
    int all = budget(s->p), runs = all, before = s->count;
    for (int i = 1; i < list->count && pieces[i].worth > -1e8; i++) {
        for (int k = 0; k < i; k++) {
            const gd__mutant *m[2] = { &list->item[pieces[k].mutant], &list->item[pieces[i].mutant] };
            if (!gd__mutants_go_together(s->p, m[0], m[1]))
                continue;
            if (runs-- <= 0)
                return true;
            if (!consider(s, m, 2, h))
                return false;
        }
        if (s->progress)
            s->progress(s->watcher, all - runs, all);
        if (s->count > before && i > 60)
            return true;
    }
    return true;
}

static int by_cost(const void *a, const void *b)
{
    double x = ((const gd__hypothesis *)a)->cost, y = ((const gd__hypothesis *)b)->cost;
    return (x > y) - (x < y);
}

/* Compares each gradient that the mistakes make with `with`: bit n for gradient n, where it is another. In `partly`, where it is more than a
 * multiple. Mistakes that can't be made change nothing. */
static uint64_t differences(gd__search *s, const gd__mutant *const *m, int count, const double *with,
                            uint64_t *partly)
{
    gd_context *g = s->p->context;
    GD_SCOPE(g);
    uint64_t differ = 0;
    *partly = 0;
    if (!gd__mutants_run(s->p, m, count, s->earlier, s->env))
        return 0;
    for (int n = 0; n < s->p->inputs; n++) {
        const double *x = with + s->start[n];
        int64_t size = gradient_room(s->p, n);
        uint64_t bit = (uint64_t)1 << (n & 63);
        if (!read_gradient(s, n, s->env, s->expected) || !(gd__misfit(x, s->expected, size, 1) > 1e-9))
            continue;
        differ |= bit;
        if (gd__misfit(x, s->expected, size, gd__best_factor(x, s->expected, size)) > 1e-9)
            *partly |= bit;
    }
    return differ;
}

static bool read_all(gd__search *s, const gd__mutant *const *m, int count, double *to)
{
    GD_SCOPE(s->p->context);
    bool good = gd__mutants_run(s->p, m, count, s->earlier, s->env);
    for (int n = 0; good && n < s->p->inputs; n++)
        good = read_gradient(s, n, s->env, to + s->start[n]);
    return good;
}

/* Which of several mistakes is to blame for which gradient: the one without which it would be another, and where there is none such, all that
 * change it alone. Do they multiply it, or a part of it? */
static void share_out_one(gd__search *s, gd__hypothesis *h, double *all)
{
    const gd__mutant *m[GD_MAX_MISTAKES];
    uint64_t needed = 0, needs[GD_MAX_MISTAKES], partly;
    for (int k = 0; k < h->mutants; k++) {
        m[0] = &h->mutant[k];
        h->affects[k] = differences(s, m, 1, s->right, &h->partly[k]);
    }
    for (int k = 0; k < h->mutants; k++)
        m[k] = &h->mutant[k];
    if (h->mutants < 2 || !read_all(s, m, h->mutants, all))
        return;
    for (int k = 0; k < h->mutants; k++) {
        const gd__mutant *others[GD_MAX_MISTAKES];
        int count = 0;
        for (int j = 0; j < h->mutants; j++)
            if (j != k)
                others[count++] = m[j];
        needs[k] = differences(s, others, count, all, &partly);
        needed |= needs[k];
    }
    for (int k = 0; k < h->mutants; k++)
        h->affects[k] = needs[k] | (h->affects[k] & ~needed);
}

static bool share_out(gd__search *s)
{
    gd_context *g = s->p->context;
    size_t size = (size_t)(s->total + 1) * sizeof(double);
    double *all = gd__alloc(g, size);
    for (int i = 0; all && i < s->count; i++)
        share_out_one(s, &s->found[i], all);
    gd__free(g, all, all ? size : 0);
    return !g->failed;
}

static bool is_enough(const gd__search *s)
{
    for (int i = 0; i < s->count; i++)
        if (s->found[i].cost < 3.6)
            return true;
    return false;
}

static bool try_all(gd__search *s, gd__mutants *list, gd__hypothesis *h)
{
    gd_context *g = s->p->context;
    if (!consider(s, NULL, 0, h) || !gd__mutants_list(list, s->p, s->earlier != NULL) || !list_scales(s, list))
        return false;
    for (int i = 0; i < list->count; i++)
        if (list->item[i].kind == GD__MUT_SCALE && list->item[i].cause == GD_CAUSE_UNKNOWN)
            name_scale(s, list->item[i].edge, 3, &list->item[i]);
    drop_forbidden(s, list);
    if (!gd__mutants_repeat(list, s->p, s->by_rules))
        return false;
    size_t size = (size_t)(list->count + 1) * sizeof(piece);
    piece *pieces = gd__alloc(g, size);
    bool good = pieces && try_singles(s, list, h, pieces);
    if (good) {
        qsort(pieces, (size_t)list->count, sizeof *pieces, by_worth);
        good = is_enough(s) || try_pairs(s, list, h, pieces);
    }
    gd__free(g, pieces, size);
    return good;
}

bool gd__search_run(gd__search *s)
{
    gd_context *g = s->p->context;
    size_t size = (size_t)(s->p->inputs + 1) * sizeof(gd__finish);
    gd__hypothesis h = { .finish = gd__alloc(g, size) };
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = h.finish && try_all(s, &s->list, &h) && share_out(s);
    gd_no_grad_leave(&quiet);
    if (s->count > 0)
        qsort(s->found, (size_t)s->count, sizeof *s->found, by_cost);
    gd__free(g, h.finish, size);
    return good;
}
