/* mutate.c - puts one mistake into the library, so that the tests can be tested.
 *
 * Linked in place of src/op/ops.c, and with gd__kernels and gd__apply wrapped by the linker: the library itself knows
 * nothing of it. GD_MUTANT names the mistake:
 *     OP kernel scale|negate|last   all results of the kernel times 1.001 (integers + 1, bools turned round), negated
 *                                   (from 0), or only the last element of each result changed
 *     OP rule I scale|negate        the same for the gradient of operand I
 *     OP drop I K 0|1               the K-th sum or product within the rule of operand I is only its first or second operand
 * GD_MUTANT_COUNT names a file that gets, at the program's end, how often the mistake was made. */
#define gd__ops gd__original_ops
#include "op/ops.c"
#undef gd__ops

#include "cpu/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The table that the library sees. */
const gd__op *gd__ops[GD__OP_COUNT];

typedef enum mistake { NONE, SCALE, NEGATE, LAST, DROP } mistake;

static struct {
    int id; /* of the operation, -1 for none */
    bool in_rule;
    mistake mistake;
    int operand, place, kept;
    int depth, seen; /* within the rule: how deep, and how many sums and products have gone by */
    long made;
    gd__op op;
    const gd__kernel *kernel[GD__OP_COUNT];
} mutant = { .id = -1 };

/* ---- what is done to numbers ---- */

static double changed(mistake what, gd_dtype dtype, double x)
{
    if (dtype == GD_BOOL)
        return !(x != 0);
    if (what == NEGATE)
        return dtype == GD_UINT8 ? 255 - x : -x;
    return dtype == GD_FLOAT32 || dtype == GD_FLOAT64 ? x * 1.001 + (what == LAST && x == 0 ? 1e-3 : 0) : x + 1;
}

static void spoil(const gd_tensor *t)
{
    size_t size = gd_dtype_size((gd_dtype)t->dtype);
    mutant.made++;
    for (int64_t i = mutant.mistake == LAST && t->numel > 0 ? t->numel - 1 : 0; i < t->numel; i++) {
        char *at = t->data + (size_t)i * size;
        gd__store((gd_dtype)t->dtype, at, changed(mutant.mistake, (gd_dtype)t->dtype, gd__load((gd_dtype)t->dtype, at)));
    }
}

/* ---- kernels ---- */

static const gd__kernel *original;

static bool run_spoilt(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    bool good = original->run(original, call);
    if (good && call->out)
        spoil(call->out);
    else if (good) /* an update: what it wrote is its first operand */
        spoil(call->in[0]);
    return good;
}

const gd__kernel *const *__real_gd__kernels(gd_context *g);
const gd__kernel *const *__wrap_gd__kernels(gd_context *g);

const gd__kernel *const *__wrap_gd__kernels(gd_context *g)
{
    static const gd__kernel spoilt = { .run = run_spoilt };
    const gd__kernel *const *kernels = __real_gd__kernels(g);
    if (!kernels || mutant.id < 0 || mutant.in_rule)
        return kernels;
    memcpy(mutant.kernel, kernels, sizeof mutant.kernel);
    original = kernels[mutant.id];
    mutant.kernel[mutant.id] = &spoilt;
    return mutant.kernel;
}

/* ---- rules ---- */

static gd_tensor *spoilt_rule(const gd__vjp *v)
{
    bool meant = v->i == mutant.operand;
    if (meant && mutant.depth++ == 0)
        mutant.seen = 0;
    gd_tensor *dx = gd__original_ops[mutant.id]->vjp(v);
    if (!meant)
        return dx;
    mutant.depth--;
    if (mutant.mistake == DROP || !gd__alive(dx))
        return dx;
    mutant.made++;
    return gd_mul_scalar(dx, mutant.mistake == NEGATE ? -1 : 1.001);
}

static bool is_sum_or_product(gd__op_id id)
{
    switch (id) {
    case GD__OP_add: case GD__OP_sub: case GD__OP_mul: case GD__OP_div:
    case GD__OP_add_scalar: case GD__OP_mul_scalar: case GD__OP_rsub_scalar: case GD__OP_div_scalar:
        return true;
    default:
        return false;
    }
}

gd_tensor *__real_gd__apply(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs);
gd_tensor *__wrap_gd__apply(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs);

gd_tensor *__wrap_gd__apply(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs)
{
    gd_tensor *y = __real_gd__apply(id, count, in, attrs);
    if (mutant.mistake != DROP || mutant.depth == 0 || !is_sum_or_product(id) || mutant.seen++ != mutant.place ||
        !gd__alive(y))
        return y;
    gd_tensor *kept = mutant.kept < count ? in[mutant.kept] : NULL;
    if (!kept)
        return y;
    mutant.made++;
    return gd_expand(gd_cast(kept, (gd_dtype)y->dtype), gd__shape(y));
}

/* ---- what is asked for ---- */

static void write_count(void)
{
    FILE *file = fopen(getenv("GD_MUTANT_COUNT"), "w");
    if (file) {
        fprintf(file, "%ld\n", mutant.made);
        fclose(file);
    }
}

static mistake mistake_named(const char *name)
{
    static const char *const names[] = { [SCALE] = "scale", [NEGATE] = "negate", [LAST] = "last" };
    for (int i = SCALE; i <= LAST; i++)
        if (strcmp(name, names[i]) == 0)
            return (mistake)i;
    return NONE;
}

static bool read_mutant(const char *text)
{
    char name[64] = "", what[16] = "";
    if (sscanf(text, "%63s kernel %15s", name, what) == 2)
        mutant.mistake = mistake_named(what);
    else if (sscanf(text, "%63s rule %d %15s", name, &mutant.operand, what) == 3)
        mutant.in_rule = true, mutant.mistake = mistake_named(what);
    else if (sscanf(text, "%63s drop %d %d %d", name, &mutant.operand, &mutant.place, &mutant.kept) == 4)
        mutant.in_rule = true, mutant.mistake = DROP;
    for (int id = 0; id < GD__OP_COUNT; id++)
        if (strcmp(gd__original_ops[id]->info.name, name) == 0)
            mutant.id = id;
    return mutant.id >= 0 && mutant.mistake != NONE;
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("GD_MUTANT");
    for (int id = 0; id < GD__OP_COUNT; id++)
        gd__ops[id] = gd__original_ops[id];
    if (!text)
        return;
    if (!read_mutant(text)) {
        fprintf(stderr, "GD_MUTANT=%s names no mistake\n", text);
        exit(2);
    }
    if (getenv("GD_MUTANT_COUNT"))
        atexit(write_count);
    if (!mutant.in_rule)
        return;
    mutant.op = *gd__original_ops[mutant.id];
    mutant.op.vjp = spoilt_rule;
    gd__ops[mutant.id] = &mutant.op;
}
