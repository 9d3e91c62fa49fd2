/* text.c - random numbers, and programs as text. */
#include "fuzz/parts/world.h"

#include <math.h>
#include <string.h>

/* ---- dice: splitmix64 (Steele, Lea and Flood, 2014) ---- */

uint64_t roll(dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int64_t below(dice *d, int64_t n)
{
    return (int64_t)(roll(d) % (uint64_t)n);
}

int64_t between(dice *d, int64_t a, int64_t b)
{
    return a + below(d, b - a + 1);
}

bool chance(dice *d, int percent)
{
    return below(d, 100) < percent;
}

/* ---- numbers ---- */

static number special(dice *d, gd_dtype dtype)
{
    static const double whole[] = { 0, 1, -1, 255, 256, 9007199254740993.0, 2147483648.0, -2147483649.0 };
    if (!is_float(dtype))
        return chance(d, 20) ? (number)INT64_MAX - below(d, 2) : chance(d, 20) ? (number)INT64_MIN + below(d, 2)
                                                                               : (number)whole[below(d, 8)];
    const number list[] = { NAN, INFINITY, -INFINITY, 0, -0.0L, least_of(dtype), -least_of(dtype) * 5, most_of(dtype),
                            -most_of(dtype), 1, -1, unit_of(dtype), 88.8L, -104, 709.5L, -745, 0.5L, 1e-30L, 1e30L, 2.5L };
    return list[below(d, (int64_t)(sizeof list / sizeof *list))];
}

static number real_around_0(dice *d)
{
    number sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (number)(roll(d) >> 11) / 9007199254740992.0L - 0.5L;
    return sum * 1.7L;
}

static number one_of(flavour f, dice *d, gd_dtype dtype, int64_t limit)
{
    switch (f) {
    case SMALL_INTEGERS: return (number)between(d, -3, 3);
    case REALS_AROUND_0: return is_float(dtype) ? real_around_0(d) : (number)between(d, -50, 50);
    case PROBABILITIES: return is_float(dtype) ? ((number)below(d, 1000000) + 0.5L) / 1000000 : (number)below(d, 2);
    case ANY_SIZE: return real_around_0(d) * powl(2, (number)between(d, -40, 40));
    case SPECIALS: return chance(d, 40) ? real_around_0(d) : special(d, dtype);
    case LABELS: return (number)below(d, limit);
    case FLAVOURS: break;
    }
    return 0;
}

void numbers_of(flavour f, uint64_t seed, gd_dtype dtype, int64_t count, number *to)
{
    dice d = { seed };
    for (int64_t i = 0; i < count; i++)
        to[i] = as_dtype(dtype, one_of(f, &d, dtype, (int64_t)(seed & 15) + 1));
}

/* ---- programs as C ---- */

static const char *name_of(const step *s)
{
    int own = s->verb - gd_function_count();
    return own < 0 ? gd_function_at(s->verb)->name : verbs[own].name;
}

static void print_slot(int slot, FILE *to)
{
    static const char *const none[] = { "NULL", "error", "foreign" };
    if (slot < 0)
        fputs(none[-1 - slot], to);
    else if (slot % MOST_RESULTS)
        fprintf(to, "t%d[%d]", slot / MOST_RESULTS, slot % MOST_RESULTS);
    else
        fprintf(to, "t%d", slot / MOST_RESULTS);
}

static void print_size(int64_t n, FILE *to)
{
    if (n == INT64_MAX || n == INT64_MIN)
        fputs(n < 0 ? "INT64_MIN" : "INT64_MAX", to);
    else
        fprintf(to, "%lld", (long long)n);
}

static void print_argument(const drawn *a, FILE *to)
{
    switch (a->kind) {
    case GD_ARGUMENT_NONE: fputs("nothing", to); break;
    case GD_ARGUMENT_TENSOR: print_slot(a->slot, to); break;
    case GD_ARGUMENT_NUMBER: fprintf(to, "%.17g", a->real); break;
    case GD_ARGUMENT_INTEGER: print_size(a->whole, to); break;
    case GD_ARGUMENT_TENSORS:
        fputs("gd_list(", to);
        for (int i = 0; i < a->count; i++) {
            fputs(i ? ", " : "", to);
            print_slot(a->listed[i], to);
        }
        fputs(")", to);
        break;
    case GD_ARGUMENT_DIMS:
        fprintf(to, a->dims.count < 0 || a->dims.count > GD_MAX_DIMS ? "(gd_dims){ .count = %d" : "gd_shape(", a->dims.count);
        for (int i = 0; i < a->dims.count && i < GD_MAX_DIMS; i++) {
            fputs(i ? ", " : "", to);
            print_size(a->dims.size[i], to);
        }
        fputs(a->dims.count < 0 || a->dims.count > GD_MAX_DIMS ? " }" : ")", to);
    }
}

/* What was made from a seed, so that a reader sees it. */
static void print_numbers(const step *s, FILE *to)
{
    number numbers[24];
    gd_dtype dtype = (gd_dtype)s->argument[0].whole;
    int64_t count = count_of(s->argument[1].dims);
    if (count < 0 || count > 24)
        return;
    numbers_of((flavour)s->argument[2].whole, (uint64_t)s->argument[3].whole, dtype ? dtype : GD_FLOAT32, count, numbers);
    fputs("  //", to);
    for (int64_t i = 0; i < count; i++)
        fprintf(to, is_float(dtype) ? " %.9Lg" : " %.19Lg", numbers[i]);
}

void print_step(const program *p, int at, FILE *to)
{
    const step *s = &p->step[at];
    int own = s->verb - gd_function_count();
    fprintf(to, "    t%d = %s%s(", at, own < 0 ? "gd_" : "", name_of(s));
    for (int i = 0; i < s->count; i++) {
        fputs(i ? ", " : "", to);
        print_argument(&s->argument[i], to);
    }
    fputs(");", to);
    if (own == MAKE)
        print_numbers(s, to);
    fputc('\n', to);
}

void print_program(const program *p, FILE *to)
{
    fprintf(to, "seed %llu", (unsigned long long)p->seed);
    if (p->refuse >= 0)
        fprintf(to, ", allocation %lld is refused", (long long)p->refuse);
    fprintf(to, ", kernels: %s\n", p->isa[0] ? p->isa : "the best");
    for (int i = 0; i < p->count; i++)
        if (!p->step[i].dropped)
            print_step(p, i, to);
}
