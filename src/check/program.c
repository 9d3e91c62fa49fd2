/* program.c - keeping, running and closing a program; telling.c makes it. */
#include "check/program.h"

#include <stdio.h>
#include <string.h>

static void free_node(gd_context *g, gd__node *node)
{
    gd__free(g, node->in, (size_t)node->count * sizeof *node->in);
    if (node->jacobian)
        gd__free(g, node->jacobian, (size_t)node->count * sizeof *node->jacobian);
}

void gd__program_close(gd__program *p)
{
    gd_context *g = p->context;
    if (!g)
        return; /* never opened */
    for (int i = 0; i < p->count; i++)
        free_node(g, &p->node[i]);
    for (int i = 0; i < p->uses; i++)
        gd__free(g, p->used[i].in, (size_t)p->used[i].count * sizeof *p->used[i].in);
    gd__free(g, p->node, (size_t)p->capacity * sizeof *p->node);
    gd__free(g, p->edge, (size_t)p->edge_capacity * sizeof *p->edge);
    gd__free(g, p->used, (size_t)p->use_capacity * sizeof *p->used);
    gd__free(g, p->input, (size_t)p->inputs * sizeof *p->input);
    gd__free(g, p->gradient, (size_t)p->inputs * sizeof *p->gradient);
    *p = (gd__program){ .context = g };
}

/* ---- running ---- */

/* The gradient of an operand of a function that is known by its Jacobian alone. */
static gd_tensor *by_jacobian(const gd__node *node, int operand, gd_tensor *dy)
{
    gd_tensor *J = node->jacobian[operand];
    if (J->ndim == 1)
        return gd_mul(dy, gd_reshape(J, gd__shape(dy)));
    return gd_matmul(gd_reshape(dy, gd_shape(dy->numel)), J);
}

gd_tensor *gd__told_rule(const gd__node *node, const gd__vjp *v)
{
    if (node->kind == GD__NODE_OPAQUE)
        return gd_reshape(by_jacobian(node, v->i, v->dy), gd__shape(v->x[v->i]));
    switch (node->op) {
    case GD__OP_sigmoid: return gd_mul(v->dy, gd_mul(v->y, gd_rsub_scalar(v->y, 1)));
    case GD__OP_relu: return gd_mul(v->dy, gd_cast(gd_gt_scalar(v->y, 0), GD_FLOAT64));
    default: return gd__ops[node->op]->vjp(v);
    }
}

gd_tensor *gd__program_step(const gd__program *p, int id, gd_tensor *const *env)
{
    const gd__node *node = &p->node[id];
    gd_tensor *few[GD__MAX_INPUTS] = { NULL }, **in = few;
    if (node->kind == GD__NODE_PASS)
        return env[node->in[0]];
    if (node->kind != GD__NODE_COMPUTED)
        return node->value;
    size_t size = (size_t)node->count * sizeof *in;
    if (node->count > GD__MAX_INPUTS && !(in = gd__alloc(p->context, size)))
        return gd__error_object(p->context);
    for (int i = 0; i < node->count; i++)
        in[i] = env[node->in[i]];
    gd_tensor *y = gd__apply(node->op, node->count, in, &node->attrs);
    if (in != few)
        gd__free(p->context, in, size);
    return y;
}

bool gd__program_forward_at(const gd__program *p, const gd_tensors *inputs, gd_tensor **value)
{
    for (int i = 0; i < p->forward; i++)
        value[i] = p->node[i].value;
    for (int i = 0; i < p->inputs; i++)
        value[p->input[i]] = inputs->item[i];
    for (int i = 0; i < p->forward; i++) {
        if (p->node[i].kind == GD__NODE_COMPUTED || p->node[i].kind == GD__NODE_PASS)
            value[i] = gd__program_step(p, i, value);
        if (!gd__alive(value[i]))
            return false;
    }
    return true;
}

char *gd__node_text(const gd__program *p, int id, char *text, size_t size)
{
    const gd__node *node = &p->node[id];
    const char *name = node->kind == GD__NODE_COMPUTED ? gd__ops[node->op]->info.name
                       : node->detached                ? "gd_detach"
                                                       : "a value";
    if (node->kind == GD__NODE_OPAQUE)
        snprintf(text, size, "the operation '%s'", p->used[node->within].name);
    else if (node->within >= 0)
        snprintf(text, size, "%s, in the operation '%s'", name, p->used[node->within].name);
    else if (node->place[0])
        snprintf(text, size, "%s [in layer %s]", name, node->place);
    else
        snprintf(text, size, "%s", name);
    return text;
}

static int input_of(const gd__program *p, int id)
{
    for (int i = 0; i < p->inputs; i++)
        if (p->input[i] == id)
            return i;
    return -1;
}

char *gd__value_text(const gd__program *p, int id, char *text, size_t size)
{
    const gd__node *node = &p->node[id];
    char shape[GD__TEXT_SIZE], of[GD__TEXT_SIZE];
    int input = input_of(p, id);
    if (input >= 0 && p->name)
        snprintf(text, size, "%s", p->name(p->user, input));
    else if (input >= 0)
        snprintf(text, size, "in[%d]", input);
    else if (node->flows)
        snprintf(text, size, "the gradient that comes in");
    else if (node->kind == GD__NODE_CONSTANT)
        snprintf(text, size, "the constant %s", gd__shape_text(gd__shape(node->value), shape));
    else if (node->kind == GD__NODE_PASS)
        gd__value_text(p, node->in[0], text, size);
    else if (node->kind == GD__NODE_COMPUTED && node->within >= 0)
        snprintf(text, size, "the result of %s", gd__ops[node->op]->info.name);
    else
        snprintf(text, size, "the result of %s", gd__node_text(p, id, of, sizeof of));
    return text;
}
