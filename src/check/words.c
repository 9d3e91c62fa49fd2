/* words.c - verdicts and causes by their names. */
#include "gradus/check.h"

const char *gd_verdict_name(gd_verdict verdict)
{
    switch (verdict) {
    case GD_CHECK_RIGHT: return "right";
    case GD_CHECK_WRONG: return "wrong";
    case GD_CHECK_UNSURE: return "unsure";
    case GD_CHECK_FAILED: return "failed";
    }
    return "unknown";
}

#define GD__CAUSE_NAME(constant, key, words) { key, words },
static const struct {
    const char *key, *words;
} causes[] = { GD_CAUSE_LIST(GD__CAUSE_NAME) };
#undef GD__CAUSE_NAME

const char *gd_cause_key(gd_cause cause)
{
    return (unsigned)cause < GD_CAUSE_COUNT ? causes[cause].key : "unknown";
}

const char *gd_cause_words(gd_cause cause)
{
    return (unsigned)cause < GD_CAUSE_COUNT ? causes[cause].words : "unknown";
}
