/* isa.c - which table of kernels a context runs. */
#include "cpu/kernel.h"
#include "cpu/pixels.h"

#include <string.h>

extern const gd__kernel *const gd__generic_table[GD__OP_COUNT];
extern gd__choose_scaling gd__generic_choose_scaling;
#ifdef GD__HAVE_AVX2
extern const gd__kernel *const gd__avx2_table[GD__OP_COUNT];
extern gd__choose_scaling gd__avx2_choose_scaling;
#endif
#ifdef GD__HAVE_AVX512
extern const gd__kernel *const gd__avx512_table[GD__OP_COUNT];
extern gd__choose_scaling gd__avx512_choose_scaling;
#endif

#ifdef GD__HAVE_AVX2
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

#ifdef GD__HAVE_AVX512
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && has_avx2();
}
#endif

static bool always(void)
{
    return true;
}

/* The best first. */
static const struct {
    const char *name;
    bool (*runs_here)(void);
    const gd__kernel *const *table;
    gd__choose_scaling *choose_scaling;
} sets[] = {
#ifdef GD__HAVE_AVX512
    { "avx512", has_avx512, gd__avx512_table, gd__avx512_choose_scaling },
#endif
#ifdef GD__HAVE_AVX2
    { "avx2", has_avx2, gd__avx2_table, gd__avx2_choose_scaling },
#endif
    { "generic", always, gd__generic_table, gd__generic_choose_scaling },
};

const gd__kernel *const *gd__choose_kernels(gd_context *g)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        bool wanted = !g->isa_asked[0] || strcmp(g->isa_asked, sets[i].name) == 0;
        if (!wanted || !sets[i].runs_here())
            continue;
        g->isa = sets[i].name;
        return g->kernels = sets[i].table;
    }
    gd__fail(g,
             (gd__fault){ .status = GD_ERROR_VALUE,
                          .op = "gd_open_with",
                          .remedy = "Ask for generic, avx2 or avx512, or for none with NULL" },
             "this build or this processor has no instruction set '%.32s'", g->isa_asked);
    return NULL;
}

bool gd__scaling_by(gd_context *g, float divisor, gd__scaling *s)
{
    size_t i = 0;
    if (!gd__kernels(g))
        return false;
    while (strcmp(sets[i].name, g->isa) != 0)
        i++;
    *s = (gd__scaling){ .divisor = divisor };
    sets[i].choose_scaling(s);
    return true;
}

const char *gd_isa(gd_context *g)
{
    return g && !g->stand_in && gd__kernels(g) ? g->isa : "none";
}
