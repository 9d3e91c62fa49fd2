/* tape.h - what ran, in order: one record an operation. */
#ifndef GRADUS_SRC_AUTOGRAD_TAPE_H
#define GRADUS_SRC_AUTOGRAD_TAPE_H

#include "gradus/autograd.h"

#include "op/op.h"

enum { GD__FEW = 4 };

typedef struct gd__record {
    const gd__op *op;
    gd_tensor *out;
    int count; /* operands, and behind them what a user's operation has saved */
    uint32_t out_version;
    bool spent; /* gd_backward has passed */
    gd_tensor *few[GD__FEW];
    uint32_t few_stamp[GD__FEW];
    gd_tensor **many; /* more than a few: they lie here, with their stamps behind them */
    gd__attrs attrs;
} gd__record;

struct gd__tape {
    gd__record *record;
    int capacity;
};

/* What a kept tensor's `record` becomes when its record goes with the scope. */
enum { GD__RECORD_GONE = -1 };

/* Puts an operation on the tape. False with the error set. */
bool gd__tape_add(const gd__call *call);

/* Makes the operands what the kernel wants: conversions and copies are operations of their own, on the tape too. False with
 * the error set. */
bool gd__prepare(gd__call *call);

/* Does a gradient flow to call->out, which is told so, or may one be asked for? */
bool gd__wants_record(const gd__call *call);

/* The record that made t, NULL for a leaf and where it has gone. */
static inline gd__record *gd__tape_at(gd_context *context, uint32_t record)
{
    return record == 0 || record > context->tape_length ? NULL : &context->tape->record[record - 1];
}

static inline gd_tensor *const *gd__operands(const gd__record *record)
{
    return record->many ? record->many : record->few;
}

/* Of each operand, when the operation ran: its storage's version, and whether it required a gradient. */
static inline const uint32_t *gd__stamps(const gd__record *record)
{
    return record->many ? (const uint32_t *)(record->many + record->count) : record->few_stamp;
}

static inline uint32_t gd__stamp(const gd_tensor *t)
{
    return t->storage->version << 1 | t->requires_grad;
}

static inline bool gd__flowed(uint32_t stamp)
{
    return stamp & 1;
}

static inline bool gd__stands(uint32_t stamp, const gd_tensor *t)
{
    return stamp >> 1 == (t->storage->version & UINT32_MAX >> 1);
}

/* Makes `grad`, row-major and with a storage of its own, the gradient of a leaf. The first moves to the leaf's
 * scope; later ones are copied into it, so that pointers to it, to its numbers and views of it stay good as long as
 * the leaf. False, with the error set, where it could not be told. */
bool gd__set_grad(gd_tensor *leaf, gd_tensor *grad);

static inline bool gd__record_gone(const gd_tensor *t)
{
    return t->record == (uint32_t)GD__RECORD_GONE;
}

#endif
