/* sample.c - the library's own operations, checked on the samples that their descriptors carry. */
#include "check/check.h"

#include "op/op.h"

/* One operation and its operands, of which some are held still: labels, conditions, and what it declares to have no
 * derivative for. */
typedef struct subject {
    gd__op_id id;
    const gd__sample *sample;
    int count;
    gd_tensor *operand[GD__MAX_INPUTS];
} subject;

static bool is_filled(const gd__sample *sample)
{
    return sample->low < sample->high;
}

int gd_gradcheck_samples(int op)
{
    int count = 0;
    if (op < 0 || op >= GD__OP_COUNT || !gd__ops[op]->vjp || gd__ops[op]->info.is_update)
        return 0;
    while (count < GD__MAX_SAMPLES && is_filled(&gd__ops[op]->sample[count]))
        count++;
    return count;
}

static bool moves(const subject *s, int i)
{
    return gd__is_differentiable(gd__ops[s->id], i) && s->sample->label_input != i + 1 &&
           s->sample->condition_input != i + 1;
}

static gd_tensor *draw(gd_context *g, const gd__sample *sample, int i)
{
    gd_dims shape = sample->shape[i];
    if (sample->label_input == i + 1)
        return gd_reshape(gd_choice(g, sample->label_limit, gd__count(shape)), shape);
    if (sample->condition_input == i + 1)
        return gd_bernoulli(g, GD_BOOL, shape, 0.5);
    return gd_uniform(g, GD_FLOAT64, shape, sample->low, sample->high);
}

static subject subject_of(gd_context *g, int op, int sample)
{
    subject s = { .id = (gd__op_id)op, .sample = &gd__ops[op]->sample[sample] };
    const gd_op_info *info = &gd__ops[op]->info;
    bool any = gd__ops[op]->arity == GD__ANY;
    s.count = any ? s.sample->operands : gd__ops[op]->arity;
    for (int i = 0; i < s.count; i++) {
        s.operand[i] = draw(g, s.sample, i);
        if (!any)
            gd_name(s.operand[i], info->input[i]);
    }
    return s;
}

/* The operation with the operands that move in their places. */
static gd_tensor *run(void *user, gd_tensor *const *in, size_t n)
{
    const subject *s = user;
    gd_tensor *operand[GD__MAX_INPUTS];
    size_t next = 0;
    for (int i = 0; i < s->count; i++)
        operand[i] = moves(s, i) && next < n ? in[next++] : s->operand[i];
    return gd__apply(s->id, s->count, operand, &s->sample->attrs);
}

gd_check *gd_gradcheck_op(gd_context *g, int op, int sample)
{
    if (sample < 0 || sample >= gd_gradcheck_samples(op))
        return gd__fail(
            g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck_op", "gd_gradcheck_samples tells how many there are" },
            "operation %d has no sample %d", op, sample);
    subject s = subject_of(g, op, sample);
    gd_tensor *in[GD__MAX_INPUTS];
    int count = 0;
    for (int i = 0; i < s.count; i++)
        if (moves(&s, i))
            in[count++] = s.operand[i];
    return gd_gradcheck(g, run, (gd_tensors){ count, in }, .user = &s);
}
