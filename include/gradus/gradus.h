/* gradus.h - all of Gradus. */
#ifndef GRADUS_GRADUS_H
#define GRADUS_GRADUS_H

#include <gradus/autograd.h>
#include <gradus/base.h>
#include <gradus/data.h>
#include <gradus/io.h>
#include <gradus/nn.h>
#include <gradus/op.h>
#include <gradus/optim.h>
#include <gradus/tensor.h>
#include <gradus/train.h>

#endif
