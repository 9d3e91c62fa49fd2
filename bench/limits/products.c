/* products.c - the bare products that a training step needs, each by the fastest BLAS for it, warm. */
#include "limits/blas.h"
#include "limits/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 12, BATCH_NUMBERS = 100 * 784, STEPS = 588, THOUSANDS = 70 };

/* 784-50-10 on 100 samples: forward, then from the last layer back; the first layer's input needs no gradient. */
static const product mnist[] = {
    { false, false, 100, 50, 784 }, { false, false, 100, 10, 50 }, { true, false, 50, 10, 100 },
    { false, true, 100, 50, 10 },   { true, false, 784, 50, 100 }, { .m = 0 },
};

/* Its evaluation, of 1000 images at once. */
static const product evaluation[] = { { false, false, 1000, 50, 784 }, { false, false, 1000, 10, 50 }, { .m = 0 } };

/* 784-1024-1024-10 on 128 samples, with weights (out, in) as PyTorch has them. */
static const product wide[] = {
    { false, true, 128, 1024, 784 },   { false, true, 128, 1024, 1024 }, { false, true, 128, 10, 1024 },
    { true, false, 10, 1024, 128 },    { false, false, 128, 1024, 10 },  { true, false, 1024, 1024, 128 },
    { false, false, 128, 1024, 1024 }, { true, false, 1024, 784, 128 },  { .m = 0 },
};

typedef struct call {
    product p;
    operand_memory o;
    product_function *function;
} call;

typedef struct calls {
    call step[MOST], part[MOST]; /* of a training step; of a part of an evaluation */
    int steps, parts;
    float *batch, *copy;
} calls;

static float *numbers(long count)
{
    float *made = aligned_alloc(64, ((size_t)count * sizeof(float) + 63) / 64 * 64);
    for (long i = 0; made && i < count; i++)
        made[i] = (float)(i % 1000) / 1000 - 0.5F;
    return made;
}

static bool add(call *list, int *count, const product *products)
{
    for (; products->m > 0; products++) {
        const product *p = products;
        call *c = &list[(*count)++];
        const char *name = "";
        c->p = *p;
        c->o = (operand_memory){ numbers((long)p->m * p->k), numbers((long)p->k * p->n), numbers((long)p->m * p->n) };
        c->function = fastest_product(&c->p, &c->o, &name);
        if (!c->function)
            return false;
    }
    return true;
}

static void forget(call *list, int count)
{
    for (int i = 0; i < count; i++) {
        free(list[i].o.a);
        free(list[i].o.b);
        free(list[i].o.c);
    }
}

static void end(void *user)
{
    calls *c = user;
    forget(c->step, c->steps);
    forget(c->part, c->parts);
    free(c->batch);
    free(c->copy);
    free(c);
}

static void *begin(const product *of_step, const product *of_part)
{
    calls *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->batch = numbers(BATCH_NUMBERS);
    c->copy = numbers(BATCH_NUMBERS);
    if (add(c->step, &c->steps, of_step) && add(c->part, &c->parts, of_part))
        return c;
    end(c);
    return NULL;
}

static void run(const call *list, int count)
{
    for (int i = 0; i < count; i++)
        list[i].function(&list[i].p, &list[i].o);
}

static const product none[] = { { .m = 0 } };

static void *begin_mnist(const setting *s)
{
    (void)s;
    return begin(mnist, none);
}

static void *begin_copy(const setting *s)
{
    (void)s;
    return begin(none, none);
}

static void *begin_job(const setting *s)
{
    (void)s;
    return begin(mnist, evaluation);
}

static void *begin_wide(const setting *s)
{
    (void)s;
    return begin(wide, none);
}

/* With a plain copy of the batch. */
static double repeat_mnist(void *user, long count)
{
    calls *c = user;
    for (long i = 0; i < count; i++) {
        memcpy(c->copy, c->batch, BATCH_NUMBERS * sizeof *c->copy);
        run(c->step, c->steps);
    }
    return (double)c->copy[0];
}

static double repeat_gather(void *user, long count)
{
    calls *c = user;
    for (long i = 0; i < count; i++)
        memcpy(c->copy, c->batch, BATCH_NUMBERS * sizeof *c->copy);
    return (double)c->copy[0];
}

/* A part of the job, of which it has 17. */
static double repeat_job(void *user, long count)
{
    calls *c = user;
    for (long i = 0; i < count; i++) {
        repeat_mnist(c, STEPS);
        for (int k = 0; k < THOUSANDS; k++)
            run(c->part, c->parts);
    }
    return 0;
}

static double repeat_wide(void *user, long count)
{
    calls *c = user;
    for (long i = 0; i < count; i++)
        run(c->step, c->steps);
    return 0;
}

const work mnist_products = { "mnist_step", begin_mnist, repeat_mnist, end };
const work mnist_gather_limit = { "mnist_gather", begin_copy, repeat_gather, end };
const work mnist_job_products = { "mnist_job", begin_job, repeat_job, end };
const work wide_products = { "wide_step", begin_wide, repeat_wide, end };
