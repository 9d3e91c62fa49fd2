/* rules.c - the table of rules: how a node runs by hand, how the library computes it, and which mistakes can be made in it. */
#include "zoo/parts/rules.h"

#include <math.h>

#define UNARY unary_forward, unary_backward, build_node
#define BINARY binary_forward, binary_backward, build_node
#define REDUCTION reduction_forward, reduction_backward, build_node
#define LOSS loss_forward, loss_backward, build_node
#define CLASS_LOSS class_loss_forward, class_loss_backward, build_node

enum { NO = 0 };

#define CURVE (CAN(LEAVE_OUT_DERIVATIVE) | CAN(DERIVATIVE_TWICE) | CAN(STALE_VALUE) | CAN(OTHER_VALUE))
#define SPREAD (CAN(NOT_SUMMED) | CAN(ONE_SAMPLE) | CAN(MEAN_OVER_BATCH) | CAN(SUM_WRONG_AXIS))
#define FACTORS (CAN(SWAP_OPERANDS) | CAN(LEAVE_OUT_FACTOR) | CAN(STALE_VALUE) | CAN(OTHER_VALUE))
#define PRODUCT (CAN(SWAP_OPERANDS) | CAN(NO_TRANSPOSE) | CAN(STALE_VALUE) | CAN(OTHER_VALUE))
#define SOFTMAXES                                                                                                    \
    (CAN(DIAGONAL) | CAN(JACOBIAN_TWICE) | CAN(ALONG_WRONG_AXIS) | CAN(TERM_FLIPPED) | CAN(SECOND_TERM_MISSING) |    \
     CAN(STALE_VALUE))
#define COUNTED (CAN(NO_MEAN) | CAN(MEAN_INSTEAD))
#define SQUARED (COUNTED | CAN(TERM_FLIPPED) | CAN(SECOND_TERM_MISSING) | CAN(STALE_VALUE))

const rule rules[KINDS] = {
    [LEAF] = { "leaf", NULL, NULL, NULL, { NO, NO } },
    [SIGMOID] = { "sigmoid", UNARY, { CURVE | CAN(AT_OUTPUT) | CAN(FORMULA_OF_OUTPUT) } },
    [TANH] = { "tanh", UNARY, { CURVE | CAN(AT_OUTPUT) | CAN(FORMULA_OF_OUTPUT) } },
    [RELU] = { "relu", UNARY, { CURVE | CAN(INVERT_MASK) | CAN(MASK_OF_GRADIENT) } },
    [LEAKY_RELU] = { "leaky_relu", UNARY, { CURVE | CAN(INVERT_MASK) | CAN(MASK_OF_GRADIENT) } },
    [ELU] = { "elu", UNARY, { CURVE | CAN(AT_OUTPUT) | CAN(FORMULA_OF_OUTPUT) } },
    [GELU] = { "gelu", UNARY, { CURVE | CAN(AT_OUTPUT) } },
    [SILU] = { "silu", UNARY, { CURVE | CAN(AT_OUTPUT) } },
    [SOFTPLUS] = { "softplus", UNARY, { CURVE | CAN(AT_OUTPUT) } },
    [EXP] = { "exp", UNARY, { CURVE | CAN(AT_OUTPUT) | CAN(FORMULA_OF_OUTPUT) } },
    [LOG] = { "log", UNARY, { CURVE } },
    [SQUARE] = { "square", UNARY, { CURVE | CAN(AT_OUTPUT) } },
    [SQRT] = { "sqrt", UNARY, { CURVE | CAN(AT_OUTPUT) | CAN(FORMULA_OF_OUTPUT) } },
    [SIN] = { "sin", UNARY, { CURVE | CAN(AT_OUTPUT) } },
    [ABS] = { "abs", UNARY, { CAN(LEAVE_OUT_DERIVATIVE) | CAN(INVERT_MASK) | CAN(MASK_OF_GRADIENT) } },
    [ROUND] = { "round", UNARY, { CAN(PASS_THROUGH) } },
    [SCALE] = { "scale", UNARY, { CAN(LEAVE_OUT_DERIVATIVE) | CAN(DERIVATIVE_TWICE) } },
    [SHIFT] = { "shift", UNARY, { NO } },
    [ADD] = { "add", BINARY, { SPREAD, SPREAD } },
    [SUB] = { "sub", BINARY, { SPREAD, SPREAD } },
    [MUL] = { "mul", BINARY, { SPREAD | FACTORS, SPREAD | FACTORS } },
    [DIV] = { "div",
              BINARY,
              { CAN(LEAVE_OUT_FACTOR) | CAN(STALE_VALUE), SPREAD | CAN(LEAVE_OUT_FACTOR) | CAN(STALE_VALUE) } },
    [MATMUL] = { "matmul", matmul_forward, matmul_backward, build_node, { PRODUCT, PRODUCT } },
    [SUM] = { "sum", REDUCTION, { CAN(MEAN_INSTEAD) | CAN(ALONG_WRONG_AXIS) } },
    [MEAN] = { "mean", REDUCTION, { CAN(NO_MEAN) | CAN(ALONG_WRONG_AXIS) } },
    [MAX] = { "max", REDUCTION, { CAN(LEAVE_OUT_DERIVATIVE) | CAN(INVERT_MASK) | CAN(STALE_VALUE) } },
    [LOGSUMEXP] = { "logsumexp", REDUCTION, { CAN(LEAVE_OUT_DERIVATIVE) | CAN(STALE_VALUE) } },
    [SOFTMAX] = { "softmax",
                  softmax_forward,
                  softmax_backward,
                  build_node,
                  { SOFTMAXES | CAN(LEAVE_OUT_DERIVATIVE) } },
    [LOG_SOFTMAX] = { "log_softmax", softmax_forward, softmax_backward, build_node, { SOFTMAXES } },
    [NORMALISE] = { "normalise",
                    normalise_forward,
                    normalise_backward,
                    build_node,
                    { CAN(FIRST_TERM_MISSING) | CAN(SECOND_TERM_MISSING) | CAN(BOTH_TERMS_MISSING) |
                      CAN(TERM_FLIPPED) | CAN(LEAVE_OUT_FACTOR) | CAN(STALE_VALUE) } },
    [CUMSUM] = { "cumsum", cumsum_forward, cumsum_backward, build_node, { CAN(NOT_REVERSED) | CAN(SHIFT_INDEX) } },
    [SLICE] = { "slice", slice_forward, slice_backward, build_node, { CAN(SHIFT_INDEX) } },
    [ROWS] = { "rows", rows_forward, rows_backward, build_node, { CAN(SHIFT_INDEX) | CAN(SET_REPEATED) } },
    [PERMUTE] = { "permute", permute_forward, permute_backward, build_node, { CAN(NOT_PERMUTED) } },
    [MSE] = { "mse", LOSS, { SQUARED } },
    [HALF_SE] = { "half_squared_error", LOSS, { SQUARED & ~CAN(NO_MEAN) } },
    [BCE] = { "bce", LOSS, { COUNTED | CAN(LEAVE_OUT_DERIVATIVE) | CAN(STALE_VALUE) } },
    [BCE_LOGITS] = { "bce_with_logits", LOSS, { SQUARED | CAN(DERIVATIVE_TWICE) | CAN(FORMULA_OF_OUTPUT) } },
    [CE_LABELS] = { "cross_entropy",
                    CLASS_LOSS,
                    { SOFTMAXES | COUNTED | CAN(SHIFT_INDEX) | CAN(FIRST_TERM_MISSING) } },
    [CE_ONE_HOT] = { "cross_entropy",
                     CLASS_LOSS,
                     { SOFTMAXES | COUNTED | CAN(SHIFT_INDEX) | CAN(FIRST_TERM_MISSING) } },
};
