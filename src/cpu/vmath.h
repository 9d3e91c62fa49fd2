#include "cpu/vmath/erf.h"
#include "cpu/vmath/log.h"
#include "cpu/vmath/pow.h"
#include "cpu/vmath/trig.h"
