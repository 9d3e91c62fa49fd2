/* zoo.c - the bug zoo: thousands of wrong gradients, each with a known mistake, and what the check says of them.
 *
 *     zoo [--seeds even|odd|all] [--first SEED] [--count SEEDS] [--limit CASES] [--table] [--list-failures]
 *     zoo --case NUMBER      prints the case and the check's own text
 *     zoo --self             compares the generator with the library's gradients instead
 *     zoo --sweep            right gradients alone: every operation, layers, kinks, large and tiny numbers
 *     zoo --names            lists the cases
 *     zoo --export FILE      writes each case's numbers, for torch_gradcheck.py
 *
 * A case follows from its number alone. */
#include "zoo/parts/judge.h"
#include "zoo/parts/export.h"
#include "zoo/parts/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct options {
    const char *seeds, *export;
    int64_t first, count, limit, only;
    bool table, failures, self, names, sweep;
} options;

static int usage(void)
{
    fputs("usage: zoo [--seeds even|odd|all] [--first SEED] [--count SEEDS] [--limit CASES] [--table] "
          "[--list-failures]\n"
          "           [--case NUMBER] [--self] [--names] [--sweep] [--export FILE]\n",
          stderr);
    return 2;
}

static bool take(options *o, const char *word, const char *given)
{
    if (strcmp(word, "--table") == 0)
        return o->table = true;
    if (strcmp(word, "--list-failures") == 0)
        return o->failures = true;
    if (strcmp(word, "--self") == 0)
        return o->self = true;
    if (strcmp(word, "--sweep") == 0)
        return o->sweep = true;
    if (strcmp(word, "--names") == 0)
        return o->names = true;
    if (!given)
        return false;
    if (strcmp(word, "--seeds") == 0)
        o->seeds = given;
    else if (strcmp(word, "--export") == 0)
        o->export = given;
    else if (strcmp(word, "--first") == 0)
        o->first = strtoll(given, NULL, 10);
    else if (strcmp(word, "--count") == 0)
        o->count = strtoll(given, NULL, 10);
    else if (strcmp(word, "--limit") == 0)
        o->limit = strtoll(given, NULL, 10);
    else if (strcmp(word, "--case") == 0)
        o->only = strtoll(given, NULL, 10);
    else
        return false;
    return true;
}

static bool takes_value(const char *word)
{
    return strcmp(word, "--table") && strcmp(word, "--list-failures") && strcmp(word, "--self") &&
           strcmp(word, "--names") && strcmp(word, "--sweep");
}

static bool is_wanted(const options *o, int64_t seed)
{
    return strcmp(o->seeds, "all") == 0 || (strcmp(o->seeds, "odd") == 0) == (seed % 2 == 1);
}

/* The hand-written gradients are the library's, and its own with the mistake where it has one. */
static bool agrees(const zoo_case *c)
{
    static bench b;
    gd_context *g = gd_open();
    start_bench(&b, g, c);
    double off = self_distance(&b);
    bool overwrites = c->form == OVERWRITING_FORWARD || c->form == OVERWRITING_BACKWARD;
    bool good = !gd_failed(g) && (overwrites || isnan(off) ||
                                  off < (c->single         ? 2e-3
                                         : c->form == CAST ? 1e-5
                                                           : 1e-6));
    if (!good)
        printf("%lld: %s: %g off %s\n", (long long)c->number, c->name, off, gd_message(g));
    gd_close(g);
    return good;
}

static bool run_case(const options *o, const zoo_case *c, tally *t)
{
    if (o->self)
        return agrees(c);
    if (o->names) {
        printf("%lld: %s [%s]\n", (long long)c->number, c->name,
               c->mutations ? gd_cause_key(cause_of(&c->now, &c->mutation[0])) : "");
        return true;
    }
    judgement j = judge_case(c, NULL);
    count_case(t, c, &j);
    if (o->failures && j.outcome > NAMED_FIRST)
        printf("%lld: %s [%s]: %s: %s\n", (long long)c->number, c->name,
               c->mutations ? gd_cause_key(cause_of(&c->now, &c->mutation[0])) : "", outcome_name(j.outcome), j.why);
    return j.outcome <= NAMED_FIRST;
}

static int run_all(const options *o)
{
    static zoo_case c;
    static tally t;
    int64_t done = 0, bad = 0;
    FILE *file = o->export ? fopen(o->export, "w") : NULL;
    if (o->export && !file) {
        perror(o->export);
        return 1;
    }
    for (int64_t seed = o->first, seeds = 0; seeds < o->count; seed++) {
        if (!is_wanted(o, seed))
            continue;
        seeds++;
        for (int64_t i = 0; i < cases_in_seed() && (!o->limit || done < o->limit); i++, done++) {
            make_case(seed * cases_in_seed() + i, &c);
            if (file)
                export_case(&c, file);
            else
                bad += !run_case(o, &c, &t);
        }
    }
    if (file)
        return fclose(file) != 0;
    if (o->table)
        print_tally(&t, stdout);
    printf("%s%lld cases, %lld not as they should be\n", o->table ? "\n" : "", (long long)done, (long long)bad);
    return bad > 0;
}

/* What each wrong gradient may be put down to. */
static void show_readings(const zoo_case *c)
{
    reading r[MOST_READINGS];
    for (int i = 0; i < c->leaves; i++) {
        int readings = is_wrong(c, i) ? readings_of(c, i, r) : 0;
        printf("%s is %s\n", c->now.node[c->leaf[i]].name, is_wrong(c, i) ? "wrong; it may be called:" : "right");
        for (int k = 0; k < readings; k++)
            for (int n = 0; n < r[k].count; n++) {
                printf(n ? " and" : "   ");
                for (int cause = 0, named = 0; cause < GD_CAUSE_COUNT; cause++)
                    if (r[k].cause[n] & CAUSE(cause))
                        printf("%s%s", named++ ? " / " : " ", gd_cause_key((gd_cause)cause));
                printf(n == r[k].count - 1 ? "\n" : ",");
            }
    }
}

static int show(int64_t number)
{
    static zoo_case c;
    make_case(number, &c);
    printf("case %lld: %s\n", (long long)number, c.name);
    show_readings(&c);
    judgement j = judge_case(&c, stdout);
    printf("judged: %s %s\n", outcome_name(j.outcome), j.why);
    return j.outcome > NAMED_FIRST;
}

static int sweep_them(const options *o)
{
    sweep s = { 0 };
    for (int64_t i = 0; i < o->count; i++)
        sweep_all(&s, (uint64_t)(o->first + i), o->failures, stdout);
    printf("%lld right gradients were checked: %lld right, %lld unsure, %lld failed, %lld called wrong\n",
           (long long)s.checks, (long long)s.right, (long long)s.unsure, (long long)s.failed, (long long)s.wrong);
    return s.wrong || s.failed;
}

int main(int count, char **words)
{
    options o = { .seeds = "even", .count = 4, .only = -1 };
    for (int i = 1; i < count; i++) {
        if (!take(&o, words[i], i + 1 < count ? words[i + 1] : NULL))
            return usage();
        i += takes_value(words[i]);
    }
    if (o.sweep)
        return sweep_them(&o);
    return o.only >= 0 ? show(o.only) : run_all(&o);
}
