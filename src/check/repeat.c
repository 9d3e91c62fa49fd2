/* repeat.c - one mistake at all steps of a kind: that of a helper function, which makes it wherever it is used. */
#include "check/mutant.h"

/* What a mistake is, wherever it stands: two of one key are the same mistake at two steps. */
typedef struct key {
    gd__mutation kind;
    gd_cause cause;
    gd__op_id op;       /* of the step */
    const gd__op *user; /* whose operation the step is part of; NULL: of none */
    int operand, place; /* which gradient of it; how far in its rule */
    int value, b;       /* what is put there: by what it is to the step, or as it is */
    double c;
    int of;   /* what all are of: an operand, a shared tensor; -1: that does not matter */
    int step; /* -1: it can't be the same elsewhere */
} key;

/* What a value is to the step: itself, the gradient that comes in, one of its operands, or one that lies so far from it: of a loop
 * each turn has as many steps. */
static int relation(const gd__program *p, int step, int value)
{
    const gd__node *node = &p->node[step];
    if (value == step)
        return 100;
    for (int i = 0; i < p->edges; i++)
        if (p->edge[i].from == step && p->edge[i].dy == value)
            return 101;
    for (int k = 0; k < node->count; k++)
        if (node->in[k] == value)
            return 102 + k;
    return 100000 + value - step;
}

static bool names_a_value(gd__mutation kind)
{
    return kind == GD__MUT_POINT || kind == GD__MUT_RESULT || kind == GD__MUT_OPERAND || kind == GD__MUT_COMPARED;
}

static bool is_of_an_operand(gd__mutation kind)
{
    return kind == GD__MUT_OPERAND_TURNED || kind == GD__MUT_OPERAND_ROWS || kind == GD__MUT_OPERAND_ROLLED ||
           kind == GD__MUT_EARLIER;
}

static bool is_of_one_place(gd__mutation kind)
{
    switch (kind) {
    case GD__MUT_ONLY:
    case GD__MUT_EXTRA:
    case GD__MUT_LOGITS:
    case GD__MUT_FROM_EARLIER:
    case GD__MUT_NO_SEED:
    case GD__MUT_NORM:
    case GD__MUT_ROUNDED: return true;
    default: return false;
    }
}

static int place_in_rule(const gd__program *p, int at)
{
    int place = 0;
    for (int id = at - 1; id >= 0 && p->node[id].of == p->node[at].of && p->node[id].operand == p->node[at].operand;
         id--)
        place++;
    return place;
}

/* Which steps count as alike: all of an operation; those that read one operand, such as a matrix that is used in each turn of a loop; those
 * whose gradients come together in one tensor. */
typedef enum alike { BY_OPERATION, BY_OPERAND, BY_TENSOR, WAYS } alike;

static key key_of(const gd__program *p, const gd__mutant *m, bool scale, alike way)
{
    key k = { .kind = m->kind, .cause = m->cause, .value = m->a, .b = m->b, .c = m->c, .of = -1, .step = -1 };
    int step = m->edge >= 0 ? p->edge[m->edge].from : p->node[m->at].of;
    bool cut = step >= 0 && m->kind == GD__MUT_SCALE && m->cause == GD_CAUSE_DETACHED;
    if (cut && way == BY_OPERATION)
        k.step = step;
    if (cut || step < 0 || is_of_one_place(m->kind) || p->node[step].kind != GD__NODE_COMPUTED ||
        (m->kind == GD__MUT_SCALE) != scale)
        return k;
    bool gathers = m->edge >= 0 && p->node[p->edge[m->edge].to].kind == GD__NODE_INPUT;
    if ((way == BY_OPERAND && !is_of_an_operand(m->kind)) || (way == BY_TENSOR && !gathers))
        return k;
    k.of = way == BY_OPERAND ? p->node[step].in[m->b] : way == BY_TENSOR ? p->edge[m->edge].to : -1;
    k.value = names_a_value(m->kind) ? relation(p, step, m->a) : m->a;
    k.op = p->node[step].op;
    k.user = p->node[step].within >= 0 ? p->used[p->node[step].within].op : NULL;
    k.operand = m->edge >= 0 ? p->edge[m->edge].operand : p->node[m->at].operand;
    k.place = m->edge >= 0 ? -1 : place_in_rule(p, m->at);
    k.step = step;
    return k;
}

static bool is_same(const key *a, const key *b)
{
    return a->kind == b->kind && a->cause == b->cause && a->op == b->op && a->user == b->user &&
           a->operand == b->operand && a->place == b->place && a->of == b->of && a->value == b->value &&
           a->b == b->b && a->c == b->c;
}

/* Signs and factors at steps, put behind the list: alone they are fitted, at several steps at once they have to be tried. */
static bool add_scales(gd__mutants *list, const gd__program *p, bool by_rules)
{
    static const double c[] = { -1, 2, 0.5 };
    for (int i = 0; i < p->edges; i++) {
        const gd__node *from = &p->node[p->edge[i].from];
        bool acts = from->kind == GD__NODE_COMPUTED && from->count == 1 && gd__ops[from->op]->reads[0];
        for (int k = 0; k < 3 && (from->within >= 0 || (acts && !by_rules)); k++) {
            gd__mutant m = { p->edge[i].at, GD__MUT_SCALE, i, 0, 0, c[k], k ? GD_CAUSE_FACTOR : GD_CAUSE_SIGN,
                             k ? 1.9 : 1.4, NULL };
            if (!gd__grow(list->context, (void **)&list->item, &list->capacity, list->count + 1, sizeof *list->item))
                return false;
            list->item[list->count++] = m;
        }
    }
    return true;
}

/* A copy of mutant `first`, put to `at`, with copies of all that are the same at other steps behind it, put from `rest` on.
 * How many those are; their keys count no more. */
static int chain(const gd__mutants *list, key *keys, int count, int first, gd__mutant *at, gd__mutant *rest)
{
    int others = 0, step = keys[first].step;
    gd__mutant *last = at;
    *at = list->item[first];
    for (int i = first + 1; i < count; i++) {
        if (keys[i].step < 0 || keys[i].step == step || !is_same(&keys[first], &keys[i]))
            continue;
        rest[others] = list->item[i];
        last->next = &rest[others];
        last = &rest[others++];
        step = keys[i].step;
        keys[i].step = -1;
    }
    at->cost += 0.4;
    return others;
}

bool gd__mutants_repeat(gd__mutants *list, const gd__program *p, bool by_rules)
{
    int singles = list->count;
    if (!add_scales(list, p, by_rules))
        return false;
    int count = list->count, rest = 3 * count, chains = 0;
    size_t size = (size_t)(count + 1) * sizeof(key);
    key *keys = gd__alloc(list->context, size);
    if (!keys || !gd__grow(list->context, (void **)&list->item, &list->capacity, 7 * count + 1, sizeof *list->item)) {
        gd__free(list->context, keys, size);
        return false;
    }
    gd__mutant *made = &list->item[count];
    for (int way = 0; way < WAYS; way++) {
        for (int i = 0; i < count; i++)
            keys[i] = key_of(p, &list->item[i], i >= singles, (alike)way);
        for (int i = 0; i < count; i++) {
            int others = keys[i].step < 0 ? 0 : chain(list, keys, count, i, &made[chains], &list->item[rest]);
            rest += others;
            chains += others > 0;
        }
    }
    for (int i = 0; i < chains; i++)
        list->item[singles + i] = made[i];
    list->count = singles + chains;
    gd__free(list->context, keys, size);
    return true;
}
